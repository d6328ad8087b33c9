using KafkaFs.Posix.Suite.Running;
using static KafkaFs.Posix.Suite.Calls.Constants;
using static KafkaFs.Posix.Suite.Calls.Errno;
using static KafkaFs.Posix.Suite.Calls.Sys;

namespace KafkaFs.Posix.Suite.Rules;

/// <summary>open(2), openat(2), creat(2).</summary>
[Syscall("open")]
internal static class OpenRules
{
    public static void ANewFileHasTheModeWithoutTheUmask(Case t)
    {
        foreach (int umask in new[] { 0, 22, 27, 77, 777, 111 })
        {
            foreach (int mode in new[] { 0, 400, 600, 644, 666, 755, 777, 1777, 4755, 2755 })
            {
                t.Context = $"umask {umask} mode {mode}";
                Umask(O(umask));
                t.Is(0, PathCall.Opened(Open("f", O_CREAT | O_EXCL | O_WRONLY, O(mode))));
                t.Equal(O(mode) & ~O(umask), t.Stat("f").Permissions);
                Unlink("f");
            }
        }
    }

    public static void CreatIsOpenToWriteCreateAndTruncate(Case t)
    {
        long fd = t.Keep(Creat("f", O(640)));
        t.Mode(640, t.Stat("f"));
        t.Is(5, Write(fd, "hello"));
        t.Is(EBADF, Read(fd, new byte[1]));
        fd = t.Keep(Creat("f", O(777)));
        t.Is(0, t.Stat("f").Size);
        t.Mode(640, t.Stat("f"));
        t.Folder("d");
        t.Is(EISDIR, Creat("d", O(644)));
    }

    public static void ANewFileIsTheCallersAndEmpty(Case t)
    {
        Chmod(".", O(777));
        t.As(User.Alice, () => t.Is(0, PathCall.Opened(Open("f", O_CREAT | O_WRONLY, O(600)))));
        t.Equal(1001u, t.Stat("f").Uid);
        t.Equal(1001u, t.Stat("f").Gid);
        t.Is(0, t.Stat("f").Size);
        t.Is(0, t.Stat("f").Blocks);
        t.Is(1, (long)t.Stat("f").Links);
        t.Equal(S_IFREG, t.Stat("f").Type);
    }

    public static void CreateExclusive(Case t)
    {
        t.Is(0, PathCall.Opened(Open("f", O_CREAT | O_EXCL | O_RDWR, O(644))));
        t.Is(EEXIST, Open("f", O_CREAT | O_EXCL | O_RDWR, O(644)));
        foreach (string type in Case.Types)
        {
            t.Context = type;
            t.Make(type, type);
            t.Is(EEXIST, Open(type, O_CREAT | O_EXCL | O_RDWR | O_NONBLOCK, O(644)));
        }
    }

    public static void CreateOfWhatIsThere(Case t)
    {
        t.File("f", 640, "content");
        t.Is(0, PathCall.Opened(Open("f", O_CREAT | O_RDWR, O(777))));
        t.Mode(640, t.Stat("f"));
        t.Equal("content", t.Content("f"));
        t.Folder("d");
        t.Is(EISDIR, Open("d", O_CREAT | O_RDONLY, O(644)));
        t.Is(EISDIR, Open("d", O_CREAT | O_WRONLY, O(644)));
        t.Is(EINVAL, Open("d", O_CREAT | O_DIRECTORY, O(644)));
        t.Is(EINVAL, Open("new", O_CREAT | O_DIRECTORY, O(644)));
        t.Is(ENOENT, Lstat("new", out _));
        t.Make("dangling", "dangling");
        t.Is(0, PathCall.Opened(Open("dangling", O_CREAT | O_WRONLY, O(644))));
        t.Is(0, Lstat("dangling.nowhere", out _));
        t.Make("dangling", "other");
        t.Is(ELOOP, Open("other", O_CREAT | O_WRONLY | O_NOFOLLOW, O(644)));
        t.Is(EISDIR, Open("slash/", O_CREAT | O_WRONLY, O(644)));
        t.Is(ENOENT, Open("missing/f", O_CREAT | O_WRONLY, O(644)));
    }

    public static void Truncating(Case t)
    {
        t.File("f", 644, "content");
        t.Is(0, PathCall.Opened(Open("f", O_WRONLY | O_TRUNC)));
        t.Is(0, t.Stat("f").Size);
        t.File("g", 644, "content");
        t.Is(0, PathCall.Opened(Open("g", O_RDWR | O_TRUNC | O_CREAT, O(600))));
        t.Is(0, t.Stat("g").Size);
        t.Is(0, t.Stat("g").Blocks);
        t.File("h", 644, "content");
        t.As(User.Alice, () => t.Is(EACCES, Open("h", O_WRONLY | O_TRUNC)));
        t.As(User.Alice, () => t.Is(EACCES, Open("h", O_RDONLY | O_TRUNC)));
        t.Is(7, t.Stat("h").Size);
        t.Is(EEXIST, Open("h", O_WRONLY | O_TRUNC | O_CREAT | O_EXCL, O(600)));
        t.Is(7, t.Stat("h").Size);
        long reader = t.Open("h", O_RDONLY);
        t.Is(0, PathCall.Opened(Open("h", O_WRONLY | O_TRUNC)));
        t.Equal("", Read(reader, 10));
        t.Is(0, t.Fstat(reader).Size);
    }

    public static void AppendingWritesAtTheEnd(Case t)
    {
        t.File("f", 644, "one");
        long first = t.Open("f", O_WRONLY | O_APPEND), second = t.Open("f", O_RDWR | O_APPEND);
        t.Is(3, Write(first, "two"));
        t.Is(5, Write(second, "three"));
        t.Is(4, Write(first, "four"));
        t.Equal("onetwothreefour", t.Content("f"));
        t.Is(0, Lseek(first, 0, SEEK_SET));
        t.Is(1, Write(first, "5"));
        t.Is(16, Lseek(first, 0, SEEK_CUR));
        t.Is(0, Lseek(second, 0, SEEK_SET));
        t.Equal("one", Read(second, 3));
        t.Is(1, Write(second, "6"));
        t.Is(17, Lseek(second, 0, SEEK_CUR));
        t.Is(2, Pwrite(first, "78", 0));
        t.Equal("onetwothreefour5678", t.Content("f"));
        t.Is(2, Writev(first, ["9", "0"], 0));
        t.Equal("onetwothreefour567890", t.Content("f"));
        t.Is(0, Ftruncate(first, 2));
        t.Is(1, Write(first, "!"));
        t.Equal("on!", t.Content("f"));
        t.Is(0x8401, Fcntl(first, F_GETFL));
    }

    public static void FlagsThatSyncWriteAsAll(Case t)
    {
        foreach (int flag in new[] { O_SYNC, O_DSYNC, O_SYNC | O_APPEND, O_NOATIME, O_NONBLOCK, O_NOCTTY, O_CLOEXEC })
        {
            t.Context = $"{flag:x}";
            long fd = t.Open("f", O_RDWR | O_CREAT | O_TRUNC | flag);
            t.Is(7, Write(fd, "content"));
            t.Is(0, Fsync(fd));
            t.Equal("content", t.Content("f"));
            t.Equal("content", Pread(fd, 10, 0));
            t.Close(fd);
        }
    }

    public static void DirectOpens(Case t)
    {
        long fd = t.Open("f", O_RDWR | O_CREAT | O_DIRECT);
        long address = Mmap(8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | 0x20, -1, 0);
        t.Ok(address);
        unsafe
        {
            new Span<byte>((void*)address, 8192).Fill((byte)'d');
        }

        t.Is(8192, Call(1, fd, address, 8192));
        t.Is(8192, t.Stat("f").Size);
        t.Equal(new string('d', 8192), t.Content("f"));
        t.Is(4096, Call(17, fd, address, 4096, 4096));
        t.Is(4096, Call(18, fd, address, 4096, 12_288));
        t.Is(16_384, t.Stat("f").Size);
        t.Equal(new string('d', 8192) + new string('\0', 4096) + new string('d', 4096), t.Content("f"));
        t.Is(0, Munmap(address, 8192));
    }

    public static void APathDescriptorDoesNothingButStat(Case t)
    {
        t.File("f", 644, "content");
        t.Folder("d");
        long file = t.Open("f", O_PATH), directory = t.Open("d", O_PATH);
        t.Is(0, Fstat(file, out _));
        t.Is(0, Fchdir(directory));
        t.Is(0, Chdir(".."));
        t.Is(ENOTDIR, Fchdir(file));
        t.Is(EBADF, Read(file, new byte[1]));
        t.Is(EBADF, Write(file, "x"));
        t.Is(EBADF, Fchmod(file, O(600)));
        t.Is(EBADF, Fchown(file, 0, 0));
        t.Is(EBADF, Ftruncate(file, 0));
        t.Is(EBADF, Lseek(file, 0, SEEK_SET));
        t.Is(EBADF, FsetXattr(file, "user.a", "v"));
        t.Is(EBADF, FgetXattr(file, "user.a", []));
        t.Is(EBADF, FlistXattr(file, new byte[10]));
        t.Is(EBADF, FremoveXattr(file, "user.a"));
        t.Is(EBADF, Fsync(file));
        t.Is(EBADF, Fallocate(file, 0, 0, 10));
        t.Is(EBADF, Getdents(directory, new byte[1000]));
        t.Is(EBADF, Mmap(4096, PROT_READ, MAP_SHARED, file, 0));
        t.Is(EBADF, Flock(file, LOCK_SH));
        t.Is(0, Fstatfs(file, new long[15]));
        Chmod("f", 0);
        t.As(User.Alice, () => t.Is(0, PathCall.Opened(Open("f", O_PATH))));
        Symlink("f", "l");
        long link = t.Open("l", O_PATH | O_NOFOLLOW);
        t.Equal(S_IFLNK, t.Fstat(link).Type);
        byte[] target = new byte[10];
        unsafe
        {
            fixed (byte* empty = new byte[1], bytes = target)
            {
                t.Is(1, Call(267, link, (long)empty, (long)bytes, 10));
            }
        }

        t.Is(ENOTDIR, Open("f", O_PATH | O_DIRECTORY));
    }

    public static void AFifoWithoutAReader(Case t)
    {
        t.Make("fifo", "p");
        t.Is(ENXIO, Open("p", O_WRONLY | O_NONBLOCK));
        long reader = t.Open("p", O_RDONLY | O_NONBLOCK);
        t.Is(0, Read(reader, new byte[10]));
        long writer = t.Open("p", O_WRONLY | O_NONBLOCK);
        t.Is(EAGAIN, Read(reader, new byte[10]));
        t.Is(5, Write(writer, "hello"));
        t.Equal("hello", Read(reader, 10));
        t.Is(ESPIPE, Lseek(reader, 0, SEEK_SET));
        t.Is(ESPIPE, Pread(reader, new byte[1], 0));
        t.Is(EINVAL, Fsync(reader));
        t.Is(EINVAL, Ftruncate(writer, 0));
        t.Is(ESPIPE, Fallocate(writer, 0, 0, 10));
        t.Is(0, t.Stat("p").Size);
        long both = t.Open("p", O_RDWR);
        t.Is(2, Write(both, "ab"));
        t.Equal("ab", Read(both, 10));
    }

    public static void ARunningProgramIsNotWritten(Case t)
    {
        long source = t.Open("/bin/sleep", O_RDONLY), target = t.Open("program", O_WRONLY | O_CREAT, 493);
        byte[] all = new byte[4 << 20];
        long length = Read(source, all);
        t.Is(length, Write(target, all.AsSpan(0, (int)length)));
        t.Close(target);
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo($"{t.Directory}/program", ["20"]))!;
        try
        {
            t.Is(ETXTBSY, Open("program", O_WRONLY));
            t.Is(ETXTBSY, Open("program", O_RDWR));
            t.Is(ETXTBSY, Truncate("program", 0));
            t.Is(0, PathCall.Opened(Open("program", O_RDONLY)));
            t.Is(0, Rename("program", "other"));
            t.Is(ETXTBSY, Open("other", O_WRONLY));
            t.Is(0, Unlink("other"));
        }
        finally
        {
            process.Kill();
            process.WaitForExit();
        }
    }

    public static void OnlyTheOwnerOpensWithoutAtime(Case t)
    {
        t.File("f", 666);
        t.As(User.Alice, () => t.Is(EPERM, Open("f", O_RDONLY | O_NOATIME)));
        t.Own("f", 1001, 0);
        t.As(User.Alice, () => t.Is(0, PathCall.Opened(Open("f", O_RDONLY | O_NOATIME))));
    }

    public static void RightsAreThoseOfTheOpen(Case t)
    {
        t.File("f", 600, "content");
        t.Own("f", 1001, 1001);
        t.As(User.Alice, () =>
        {
            long fd = t.Open("f", O_RDWR);
            t.Is(0, Chmod("f", 0));
            t.Equal("content", Read(fd, 10));
            t.Is(1, Write(fd, "!"));
            t.Is(0, Ftruncate(fd, 3));
            t.Is(EACCES, Open("f", O_RDONLY));
        });
        t.As(User.Alice, () =>
        {
            Chmod(".", O(755));
            long fd = Open("new", O_CREAT | O_RDWR, 0);
            t.Is(EACCES, fd);
        });
        Chmod(".", O(777));
        t.As(User.Alice, () =>
        {
            long fd = t.Keep(Open("new", O_CREAT | O_RDWR, 0));
            t.Is(1, Write(fd, "x"));
            t.Equal("x", Pread(fd, 1, 0));
            t.Is(EACCES, Open("new", O_RDONLY));
        });
    }
}
