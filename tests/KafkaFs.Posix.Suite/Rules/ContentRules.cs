using KafkaFs.Posix.Suite.Running;
using static KafkaFs.Posix.Suite.Calls.Constants;
using static KafkaFs.Posix.Suite.Calls.Errno;
using static KafkaFs.Posix.Suite.Calls.Sys;

namespace KafkaFs.Posix.Suite.Rules;

/// <summary>read(2), write(2), their kin with offsets and vectors, and lseek(2).</summary>
[Syscall("write")]
internal static class ContentRules
{
    public static void WhatIsWrittenIsRead(Case t)
    {
        foreach (int length in new[] { 1, 100, 511, 4095, 4096, 4097, 65_536, 131_072, 131_073, 1 << 20, (1 << 20) + 1, 3_000_000 })
        {
            t.Context = $"{length} bytes";
            byte[] bytes = Pattern(length);
            long fd = t.Open("f", O_RDWR | O_CREAT | O_TRUNC);
            t.Is(length, Write(fd, bytes));
            t.Is(length, t.Fstat(fd).Size);
            t.Is(length, t.Stat("f").Size);
            t.Is(length, Lseek(fd, 0, SEEK_CUR));
            byte[] read = new byte[length + 1];
            t.Is(0, Lseek(fd, 0, SEEK_SET));
            t.Is(length, Read(fd, read));
            t.True(read.AsSpan(0, length).SequenceEqual(bytes));
            t.Is(0, Read(fd, read));
            t.Close(fd);
            t.True(t.Content("f") == Text(bytes));
        }
    }

    public static void OffsetsOfTheirOwn(Case t)
    {
        long fd = t.Open("f", O_RDWR | O_CREAT);
        t.Is(10, Write(fd, "0123456789"));
        t.Is(3, Pwrite(fd, "abc", 2));
        t.Equal("01abc56789", Pread(fd, 20, 0));
        t.Equal("c5", Pread(fd, 2, 4));
        t.Equal("", Pread(fd, 2, 10));
        t.Equal("", Pread(fd, 2, 1000));
        t.Is(10, Lseek(fd, 0, SEEK_CUR));
        t.Is(EINVAL, Pread(fd, new byte[1], -1));
        t.Is(EINVAL, Pwrite(fd, "x", -1));
        t.Is(EINVAL, Pwrite(fd, "x", long.MaxValue));
        t.Is(0, Pwrite(fd, "", 100));
        t.Is(10, t.Fstat(fd).Size);
    }

    public static void Vectors(Case t)
    {
        long fd = t.Open("f", O_RDWR | O_CREAT);
        t.Is(6, Writev(fd, ["a", "", "bcd", "ef"]));
        t.Equal("abcdef", t.Content("f"));
        t.Is(4, Writev(fd, ["12", "34"], 1));
        t.Equal("a1234f", Readv(fd, [1, 2, 10], 0));
        t.Is(1, Lseek(fd, 1, SEEK_SET));
        t.Equal("1234f", Readv(fd, [3, 3]));
        t.Equal("", Readv(fd, [3, 3]));
        t.Equal("34f", Readv(fd, [10], 3));
        t.Equal("EINVAL", Readv(fd, [1], -5));
        t.Is(EINVAL, Call(19, fd, 0, 2000));
        t.Is(0, Call(19, fd, 0, 0));
        t.Is(3, Writev(fd, ["xy", "z"], 0, 0x10));
        t.Equal("a1234fxyz", t.Content("f"));
        t.Is(2, Writev(fd, ["ds"], 0, 2));
        t.Equal("ds234fxyz", t.Content("f"));
        long many = t.Open("g", O_RDWR | O_CREAT);
        t.Is(1024 * 3, Writev(many, [.. Enumerable.Repeat("xyz", 1024)]));
        t.Is(1024 * 3, t.Stat("g").Size);
    }

    public static void HolesAreZeros(Case t)
    {
        long fd = t.Open("f", O_RDWR | O_CREAT);
        t.Is(1, Pwrite(fd, "x", 1_000_000));
        t.Is(1_000_001, t.Fstat(fd).Size);
        if (!t.Lacks(Difference.Blocks))
        {
            t.True(t.Fstat(fd).Blocks * 512 < 1_000_000);
        }

        t.Equal(new string('\0', 100_000), Pread(fd, 100_000, 500_000));
        t.Equal("\0\0x", Pread(fd, 10, 999_998));
        t.Is(2, Pwrite(fd, "yz", 10));
        t.Equal("\0yz\0", Pread(fd, 4, 9));
        t.Is(5_000_000_000, Lseek(fd, 5_000_000_000, SEEK_SET));
        t.Is(1_000_001, t.Fstat(fd).Size);
        t.Is(3, Write(fd, "end"));
        t.Is(5_000_000_003, t.Fstat(fd).Size);
        t.Equal("end", Pread(fd, 10, 5_000_000_000));
        t.Equal("\0\0", Pread(fd, 2, 4_999_999_998));
    }

    public static void SeeksOfFivePlaces(Case t)
    {
        long fd = t.Open("f", O_RDWR | O_CREAT);
        t.Is(10, Write(fd, "0123456789"));
        t.Is(3, Lseek(fd, 3, SEEK_SET));
        t.Is(5, Lseek(fd, 2, SEEK_CUR));
        t.Is(4, Lseek(fd, -1, SEEK_CUR));
        t.Is(EINVAL, Lseek(fd, -5, SEEK_CUR));
        t.Is(EINVAL, Lseek(fd, -1, SEEK_SET));
        t.Is(EINVAL, Lseek(fd, -11, SEEK_END));
        t.Is(EINVAL, Lseek(fd, 0, 9));
        t.Is(4, Lseek(fd, 0, SEEK_CUR));
        t.Is(10, Lseek(fd, 0, SEEK_END));
        t.Is(0, Lseek(fd, -10, SEEK_END));
        t.Is(15, Lseek(fd, 5, SEEK_END));
        t.Is(0, Lseek(fd, 0, SEEK_DATA));
        t.Is(9, Lseek(fd, 9, SEEK_DATA));
        t.Is(10, Lseek(fd, 0, SEEK_HOLE));
        t.Is(10, Lseek(fd, 9, SEEK_HOLE));
        t.Is(ENXIO, Lseek(fd, 10, SEEK_DATA));
        t.Is(ENXIO, Lseek(fd, 10, SEEK_HOLE));
        t.Is(ENXIO, Lseek(fd, 11, SEEK_HOLE));
        t.Is(EBADF, Lseek(9999, 0, SEEK_SET));
    }

    public static void DataAndHolesAreFound(Case t)
    {
        const int unit = 1 << 20;
        long fd = t.Open("f", O_RDWR | O_CREAT);
        t.Is(4096, Pwrite(fd, new string('x', 4096), unit));
        t.Is(4096, Pwrite(fd, new string('y', 4096), 3 * unit));
        t.Is(0, Ftruncate(fd, 5 * unit));
        t.Is(0, Fsync(fd));
        long first = Lseek(fd, 0, SEEK_DATA);
        t.True(first is > 0 and <= unit);
        t.Is(0, Lseek(fd, 0, SEEK_HOLE));
        long hole = Lseek(fd, unit, SEEK_HOLE);
        t.True(hole is >= unit + 4096 and < 3 * unit);
        t.Is(unit, Lseek(fd, unit, SEEK_DATA));
        long second = Lseek(fd, hole, SEEK_DATA);
        t.True(second is > unit and <= 3 * unit);
        long last = Lseek(fd, 3 * unit, SEEK_HOLE);
        t.True(last is >= 3 * unit + 4096 and < 5 * unit);
        t.Is(ENXIO, Lseek(fd, last, SEEK_DATA));
        t.Is(last, Lseek(fd, last, SEEK_HOLE));
        long empty = t.Open("g", O_RDWR | O_CREAT);
        t.Is(ENXIO, Lseek(empty, 0, SEEK_DATA));
        t.Is(ENXIO, Lseek(empty, 0, SEEK_HOLE));
        t.Is(0, Ftruncate(empty, unit));
        t.Is(ENXIO, Lseek(empty, 0, SEEK_DATA));
        t.Is(0, Lseek(empty, 0, SEEK_HOLE));
        t.Is(unit - 1, Lseek(empty, unit - 1, SEEK_HOLE));
    }

    public static void DescriptorsOfTheWrongKind(Case t)
    {
        t.File("f", 644, "content");
        long reader = t.Open("f", O_RDONLY), writer = t.Open("f", O_WRONLY), directory = t.Open(".", O_RDONLY);
        t.Is(EBADF, Write(reader, "x"));
        t.Is(EBADF, Pwrite(reader, "x", 0));
        t.Is(EBADF, Writev(reader, ["x"]));
        t.Is(EBADF, Read(writer, new byte[1]));
        t.Is(EBADF, Pread(writer, new byte[1], 0));
        t.Equal("EBADF", Readv(writer, [1]));
        t.Is(EISDIR, Read(directory, new byte[1]));
        t.Is(EISDIR, Pread(directory, new byte[1], 0));
        t.Is(EBADF, Write(directory, "x"));
        t.Is(EINVAL, Ftruncate(reader, 0));
        t.Is(EINVAL, Ftruncate(directory, 0));
        t.Is(EBADF, Fallocate(reader, 0, 0, 1));
        t.Is(EBADF, Fallocate(directory, 0, 0, 1));
        t.Is(ENOTDIR, Getdents(reader, new byte[1000]));
        t.Is(ENOTDIR, Fchdir(reader));
        t.Is(ENODEV, Mmap(4096, PROT_READ, MAP_SHARED, directory, 0));
        t.Is(EACCES, Mmap(4096, PROT_READ | PROT_WRITE, MAP_SHARED, reader, 0));
        t.Is(EACCES, Mmap(4096, PROT_READ, MAP_PRIVATE, writer, 0));
        t.Is(0, Fsync(directory));
        t.Is(0, Fdatasync(directory));
        t.Is(0, Fsync(reader));
        t.Is(0, Fdatasync(reader));
        t.Is(EBADF, Read(9999, new byte[1]));
        t.Is(EBADF, Write(9999, "x"));
        t.Is(EBADF, Ftruncate(9999, 0));
        t.Is(EBADF, Fallocate(9999, 0, 0, 1));
        t.Is(EBADF, Fsync(9999));
        t.Is(EBADF, Fdatasync(9999));
        t.Is(EBADF, Sys9999());
        t.Is(EBADF, Getdents(9999, new byte[1000]));
        t.Is(EFAULT, Call(1, writer, 8, 10));
        t.Is(EFAULT, Call(0, reader, 8, 10));
        t.Equal("content", t.Content("f"));

        static long Sys9999() => Close(9999);
    }

    public static void ALimitOfSizesIsEFBIG(Case t)
    {
        const long limit = 1 << 20;
        IgnoreSizeSignal();
        long fd = t.Open("f", O_RDWR | O_CREAT);
        LimitFileSize(limit);
        try
        {
            t.Is(EFBIG, Pwrite(fd, "x", limit));
            t.Is(EFBIG, Pwrite(fd, "x", limit + 100));
            t.Is(10, Pwrite(fd, new string('x', 100), limit - 10));
            t.Is(limit, t.Fstat(fd).Size);
            t.Is(EFBIG, Ftruncate(fd, limit + 1));
            t.Is(EFBIG, Truncate("f", limit + 1));
            t.Is(EFBIG, Fallocate(fd, 0, 0, limit + 1));
            t.Is(0, Ftruncate(fd, limit));
            t.Is(0, Ftruncate(fd, 0));
        }
        finally
        {
            LimitFileSize(-1);
        }

        t.Is(1, Pwrite(fd, "x", limit));
    }

    private static unsafe void IgnoreSizeSignal()
    {
        const int sizeExceeded = 25, rtSigaction = 13;
        long* action = stackalloc long[4];
        (action[0], action[1], action[2], action[3]) = (1, 0, 0, 0);
        Call(rtSigaction, sizeExceeded, (long)action, 0, 8);
    }

    internal static byte[] Pattern(int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }
}
