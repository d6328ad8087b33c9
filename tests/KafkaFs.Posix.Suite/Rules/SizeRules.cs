using KafkaFs.Posix.Suite.Running;
using static KafkaFs.Posix.Suite.Calls.Constants;
using static KafkaFs.Posix.Suite.Calls.Errno;
using static KafkaFs.Posix.Suite.Calls.Sys;

namespace KafkaFs.Posix.Suite.Rules;

/// <summary>truncate(2), ftruncate(2), fallocate(2).</summary>
[Syscall("truncate")]
internal static class SizeRules
{
    public static void ShorterLosesAndLongerIsZeros(Case t)
    {
        foreach (bool isDescriptor in new[] { false, true })
        {
            foreach ((int before, int after) in new[] { (10, 5), (10, 0), (10, 10), (0, 10), (10, 20), (10, 100_000), (100_000, 10), (100_000, 4096), (4096, 8192), (8192, 4096), (5000, 4999), (4999, 5000) })
            {
                t.Context = $"{(isDescriptor ? "ftruncate" : "truncate")} {before} to {after}";
                string name = $"f{isDescriptor}{before}.{after}", content = Text(ContentRules.Pattern(before));
                t.File(name, 644, content);
                long fd = t.Open(name, O_RDWR);
                t.Is(0, isDescriptor ? Ftruncate(fd, after) : Truncate(name, after));
                t.Is(after, t.Stat(name).Size);
                t.Is(after, t.Fstat(fd).Size);
                t.True(t.Content(name) == content[..Math.Min(before, after)] + new string('\0', Math.Max(0, after - before)));
                t.Is(0, Ftruncate(fd, before));
                t.True(t.Content(name) == content[..Math.Min(before, after)] + new string('\0', Math.Max(0, before - after)));
                t.Close(fd);
            }
        }
    }

    public static void LengthsThatAreNone(Case t)
    {
        t.File("f", 644, "content");
        long fd = t.Open("f", O_RDWR);
        t.Is(EINVAL, Truncate("f", -1));
        t.Is(EINVAL, Ftruncate(fd, -1));
        t.Is(EINVAL, Truncate("f", long.MinValue));
        t.Is(7, t.Stat("f").Size);
        if (t.Has(Difference.LargeSizes))
        {
            t.OneOf([0, EFBIG], Truncate("f", long.MaxValue));
            t.Is(0, Truncate("f", 1L << 60));
            t.Is(1L << 60, t.Stat("f").Size);
        }
        else
        {
            t.Is(EFBIG, Truncate("f", long.MaxValue));
            t.Is(EFBIG, Ftruncate(fd, 1L << 60));
            t.Is(EFBIG, Pwrite(fd, "x", 1L << 60));
        }
    }

    public static void SparseFilesOfATerabyte(Case t)
    {
        t.File("f", 644, "content");
        t.Is(0, Truncate("f", 1L << 40));
        t.Is(1L << 40, t.Stat("f").Size);
        if (!t.Lacks(Difference.Blocks))
        {
            t.True(t.Stat("f").Blocks * 512 < 1 << 20);
        }

        long fd = t.Open("f", O_RDWR);
        t.Equal("content\0\0", Pread(fd, 9, 0));
        t.Equal("\0\0\0", Pread(fd, 3, (1L << 40) - 3));
        t.Equal("", Pread(fd, 3, 1L << 40));
        t.Is(3, Pwrite(fd, "end", (1L << 40) - 3));
        t.Equal("end", Pread(fd, 10, (1L << 40) - 3));
        t.Is(1L << 40, t.Stat("f").Size);
        t.Is(0, Ftruncate(fd, 3));
        t.Equal("con", t.Content("f"));
    }

    public static void WhoMayTruncate(Case t)
    {
        t.File("f", 444, "content");
        t.File("g", 200, "content");
        t.Own("f", 1001, 1001);
        t.Own("g", 1001, 1001);
        t.As(User.Alice, () =>
        {
            t.Is(EACCES, Truncate("f", 1));
            t.Is(0, Truncate("g", 1));
        });
        t.As(User.Bob, () => t.Is(EACCES, Truncate("g", 0)));
        t.Is(7, t.Stat("f").Size);
        t.Is(1, t.Stat("g").Size);
    }

    public static void AllocationKeepsContents(Case t)
    {
        t.File("f", 644, "content");
        long fd = t.Open("f", O_RDWR);
        t.Is(0, Fallocate(fd, 0, 0, 5));
        t.Is(7, t.Stat("f").Size);
        t.Is(0, Fallocate(fd, 0, 0, 7));
        t.Is(0, Fallocate(fd, 0, 100_000, 100));
        t.Is(100_100, t.Stat("f").Size);
        t.True(t.Content("f") == "content" + new string('\0', 100_093));
        t.Is(0, Fallocate(fd, FALLOC_KEEP_SIZE, 0, 300_000));
        t.Is(100_100, t.Stat("f").Size);
        t.True(t.Content("f") == "content" + new string('\0', 100_093));
        t.Is(0, Fallocate(fd, FALLOC_KEEP_SIZE, 1_000_000, 10));
        t.Is(100_100, t.Stat("f").Size);
        t.Is(0, Ftruncate(fd, 200_000));
        t.True(t.Content("f") == "content" + new string('\0', 199_993));
        t.Is(0, Fallocate(fd, 0, 0, 1 << 20));
        t.Is(0, Fsync(fd));
        t.True(t.Fstat(fd).Blocks * 512 >= 1 << 20);
    }

    public static void HolesArePunched(Case t)
    {
        const int mode = FALLOC_PUNCH_HOLE | FALLOC_KEEP_SIZE;
        foreach ((int offset, int length) in new[] { (0, 1), (0, 4096), (1, 4095), (10, 10_000), (4096, 8192), (4095, 4098), (19_000, 1000), (19_000, 5000), (0, 20_000), (30_000, 10) })
        {
            t.Context = $"{offset} {length}";
            byte[] content = ContentRules.Pattern(20_000);
            long fd = t.Open("f", O_RDWR | O_CREAT | O_TRUNC);
            t.Is(20_000, Write(fd, content));
            t.Is(0, Fallocate(fd, mode, offset, length));
            content.AsSpan(Math.Min(offset, 20_000), Math.Clamp(20_000 - offset, 0, length)).Clear();
            t.True(t.Content("f") == Text(content));
            t.Is(20_000, t.Stat("f").Size);
            t.Close(fd);
        }
    }

    public static void APunchedHoleTakesNoSpace(Case t)
    {
        long fd = t.Open("f", O_RDWR | O_CREAT);
        t.Is(1 << 20, Write(fd, ContentRules.Pattern(1 << 20)));
        t.Is(0, Fsync(fd));
        long before = t.Fstat(fd).Blocks;
        t.True(before * 512 >= 1 << 20);
        t.Is(0, Fallocate(fd, FALLOC_PUNCH_HOLE | FALLOC_KEEP_SIZE, 0, 1 << 19));
        t.Is(0, Fsync(fd));
        if (!t.Lacks(Difference.Blocks))
        {
            t.True(t.Fstat(fd).Blocks <= before - 500);
        }

        t.Is(1 << 19, Lseek(fd, 0, SEEK_DATA));
    }

    public static void RangesAreZeroed(Case t)
    {
        long fd = t.Open("f", O_RDWR | O_CREAT);
        if (!t.Has(Difference.ZeroRange))
        {
            t.Is(EOPNOTSUPP, Fallocate(fd, FALLOC_ZERO_RANGE, 0, 10));
            return;
        }

        foreach ((int offset, int length) in new[] { (0, 1), (0, 4096), (10, 10_000), (4095, 4098), (19_000, 5000), (0, 20_000), (30_000, 10) })
        {
            foreach (int keep in new[] { 0, FALLOC_KEEP_SIZE })
            {
                t.Context = $"{offset} {length} keep {keep}";
                byte[] content = ContentRules.Pattern(20_000);
                t.Is(0, Ftruncate(fd, 0));
                t.Is(20_000, Pwrite(fd, Text(content), 0));
                t.Is(0, Fallocate(fd, FALLOC_ZERO_RANGE | keep, offset, length));
                long size = keep != 0 ? 20_000 : Math.Max(20_000, offset + length);
                content.AsSpan(Math.Min(offset, 20_000), Math.Clamp(20_000 - offset, 0, length)).Clear();
                t.Is(size, t.Stat("f").Size);
                t.True(t.Content("f") == Text(content) + new string('\0', (int)size - 20_000));
            }
        }
    }

    public static void WhatFallocateRefuses(Case t)
    {
        t.File("f", 644, "content");
        long fd = t.Open("f", O_RDWR), append = t.Open("f", O_WRONLY | O_APPEND);
        t.Is(EINVAL, Fallocate(fd, 0, 0, 0));
        t.Is(EINVAL, Fallocate(fd, 0, 0, -1));
        t.Is(EINVAL, Fallocate(fd, 0, -1, 10));
        t.Is(EINVAL, Fallocate(fd, FALLOC_PUNCH_HOLE | FALLOC_KEEP_SIZE, 0, 0));
        t.Is(EOPNOTSUPP, Fallocate(fd, FALLOC_PUNCH_HOLE, 0, 10));
        t.Is(EOPNOTSUPP, Fallocate(fd, 0x1000, 0, 10));
        t.Is(EFBIG, Fallocate(fd, 0, long.MaxValue - 5, 10));
        t.Is(0, Fallocate(append, 0, 0, 20));
        t.Is(20, t.Stat("f").Size);
        t.Is(ENOSPC, Fallocate(fd, FALLOC_KEEP_SIZE, 0, 1L << 42));
        t.Is(20, t.Stat("f").Size);
    }
}
