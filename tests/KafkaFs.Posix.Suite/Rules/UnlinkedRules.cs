using KafkaFs.Posix.Suite.Calls;
using KafkaFs.Posix.Suite.Running;
using static KafkaFs.Posix.Suite.Calls.Constants;
using static KafkaFs.Posix.Suite.Calls.Errno;
using static KafkaFs.Posix.Suite.Calls.Sys;

namespace KafkaFs.Posix.Suite.Rules;

/// <summary>A file lives as long as a descriptor of it: unlink(2), rename(2). And descriptors that share: open(2), dup(2).</summary>
[Syscall("unlinked")]
internal static class UnlinkedRules
{
    public static void EveryCallOnAnUnlinkedFile(Case t) => Check(t, () => t.Is(0, Unlink("f")));

    public static void EveryCallOnAReplacedFile(Case t)
    {
        t.File("other", 644, "other");
        Check(t, () => t.Is(0, Rename("other", "f")));
        t.Equal("other", t.Content("f"));
    }

    public static void ASecondDescriptorSeesTheSame(Case t)
    {
        t.File("f", 644, "content");
        long first = t.Open("f", O_RDWR), second = t.Open("f", O_RDONLY);
        t.Is(0, Unlink("f"));
        t.Is(3, Write(first, "new"));
        t.Equal("newtent", Read(second, 20));
        t.Is(0, Ftruncate(first, 5));
        t.Is(5, t.Fstat(second).Size);
        t.Close(first);
        t.Equal("newte", Pread(second, 20, 0));
        t.Equal(0ul, t.Fstat(second).Links);
        long third = t.Open($"/proc/self/fd/{second}", O_RDWR);
        t.Is(1, Write(third, "N"));
        t.Equal("Newte", Pread(second, 20, 0));
    }

    public static void ANewFileOfTheNameIsAnother(Case t)
    {
        t.File("f", 644, "old");
        long fd = t.Open("f", O_RDWR);
        t.Is(0, Unlink("f"));
        t.File("f", 600, "new file");
        t.Equal("old", Read(fd, 20));
        t.Is(0, Fchmod(fd, O(777)));
        t.Is(0, Ftruncate(fd, 0));
        t.Mode(600, t.Stat("f"));
        t.Equal("new file", t.Content("f"));
        t.True(t.Fstat(fd).Inode != t.Stat("f").Inode);
    }

    public static void OneOfTwoNamesGone(Case t)
    {
        t.File("f", 644, "content");
        t.Is(0, Link("f", "g"));
        long fd = t.Open("f", O_RDWR);
        t.Is(0, Unlink("f"));
        t.Equal(1ul, t.Fstat(fd).Links);
        t.Is(1, Write(fd, "C"));
        t.Equal("Content", t.Content("g"));
        t.Is(0, Unlink("g"));
        t.Equal(0ul, t.Fstat(fd).Links);
        t.Equal("Content", Pread(fd, 20, 0));
    }

    public static void TheLastUnlinkIsAChange(Case t)
    {
        foreach (string type in Case.RealTypes)
        {
            t.Context = type;
            t.Make(type, type);
            long fd = t.Open(type, O_PATH | O_NOFOLLOW);
            FileStatus before = t.Fstat(fd);
            Case.Tick();
            t.Is(0, type == "directory" ? Rmdir(type) : Unlink(type));
            t.True(t.Fstat(fd).Ctime > before.Ctime);
            t.Equal(before.Mtime, t.Fstat(fd).Mtime);
        }
    }

    public static void SpecialFilesThatAreGone(Case t)
    {
        foreach (string type in Case.RealTypes)
        {
            t.Context = type;
            t.Make(type, type);
            long fd = t.Open(type, O_PATH | O_NOFOLLOW);
            t.Is(0, type == "directory" ? Rmdir(type) : Unlink(type));
            t.Equal(0ul, t.Lacks(Difference.DirectoryLinks) && type == "directory" ? 0 : t.Fstat(fd).Links);
            t.Is(ENOENT, Lstat(type, out _));
            t.Is(0, FchownAt(fd, "", 5, 6, AT_EMPTY_PATH));
            t.Equal(5u, t.Fstat(fd).Uid);
        }
    }

    public static void DuplicatesShareTheirPlace(Case t)
    {
        t.File("f", 644, "0123456789");
        long first = t.Open("f", O_RDWR), second = t.Keep(Dup(first)), own = t.Open("f", O_RDWR);
        t.Equal("012", Read(first, 3));
        t.Equal("345", Read(second, 3));
        t.Is(6, Lseek(first, 0, SEEK_CUR));
        t.Equal("012", Read(own, 3));
        t.Is(0, Fcntl(first, F_SETFL, O_APPEND));
        t.Is(0x8402, Fcntl(second, F_GETFL));
        t.Is(0x8002, Fcntl(own, F_GETFL));
        t.Is(1, Write(second, "x"));
        t.Equal("0123456789x", t.Content("f"));
        t.Is(11, Lseek(first, 0, SEEK_CUR));
        t.Close(first);
        t.Is(1, Write(second, "y"));
        t.Equal("0123456789xy", t.Content("f"));
        long third = t.Keep(Fcntl(second, F_DUPFD, 500));
        t.True(third >= 500);
        t.Is(1, Write(third, "z"));
        t.Is(13, Lseek(second, 0, SEEK_CUR));
    }

    public static void ATemporaryFileHasNoName(Case t)
    {
        long fd = Open(".", O_TMPFILE | O_RDWR, O(640));
        if (!t.Has(Difference.Tmpfile))
        {
            t.Is(EOPNOTSUPP, fd);
            t.Equal("", t.Names("."));
            return;
        }

        t.Keep(fd);
        t.Equal(0ul, t.Fstat(fd).Links);
        t.Mode(640, t.Fstat(fd));
        t.Is(7, Write(fd, "content"));
        t.Equal("", t.Names("."));
        t.Is(0, LinkAt(fd, "", AT_FDCWD, "f", AT_EMPTY_PATH));
        t.Equal("content", t.Content("f"));
        t.Equal(1ul, t.Fstat(fd).Links);
        t.Is(EINVAL, Open(".", O_TMPFILE | O_RDONLY, O(640)));
        t.Is(ENOTDIR, Open("f", O_TMPFILE | O_RDWR, O(640)));
        long exclusive = t.Open(".", O_TMPFILE | O_RDWR | O_EXCL);
        t.Is(ENOENT, LinkAt(exclusive, "", AT_FDCWD, "g", AT_EMPTY_PATH));
    }

    private static void Check(Case t, Action goesAway)
    {
        t.File("f", 6755, "0123456789");
        t.Is(0, SetXattr("f", "user.a", "v"));
        long fd = t.Open("f", O_RDWR);
        ulong inode = t.Fstat(fd).Inode;
        goesAway();
        t.Equal(0ul, t.Fstat(fd).Links);
        t.Equal(inode, t.Fstat(fd).Inode);
        t.Is(10, t.Fstat(fd).Size);
        t.Mode(6755, t.Fstat(fd));
        t.Equal("0123456789", Read(fd, 20));
        t.Is(3, Write(fd, "abc"));
        t.Is(13, t.Fstat(fd).Size);
        t.Is(2, Pwrite(fd, "XY", 1));
        t.Equal("0XY3456789abc", Pread(fd, 20, 0));
        t.Is(0, Ftruncate(fd, 5));
        t.Is(0, Ftruncate(fd, 7));
        t.Equal("0XY34\0\0", Pread(fd, 20, 0));
        t.Is(0, Fallocate(fd, 0, 0, 100));
        t.Is(100, t.Fstat(fd).Size);
        t.Is(0, Fallocate(fd, FALLOC_PUNCH_HOLE | FALLOC_KEEP_SIZE, 0, 2));
        t.Equal("\0\0Y34", Pread(fd, 5, 0));
        t.Is(0, Fchmod(fd, O(640)));
        t.Mode(640, t.Fstat(fd));
        t.Is(0, Fchown(fd, 5, 6));
        t.Equal(5u, t.Fstat(fd).Uid);
        t.Equal(6u, t.Fstat(fd).Gid);
        t.Is(0, Futimens(fd, (1, 2), (3, 4)));
        t.Equal((Int128)3_000_000_004, t.Fstat(fd).Mtime);
        t.Equal("v", FgetXattr(fd, "user.a"));
        t.Is(0, FsetXattr(fd, "user.b", "w"));
        t.Equal("w", FgetXattr(fd, "user.b"));
        t.Is(0, FremoveXattr(fd, "user.a"));
        t.Equal("user.b", FlistXattr(fd));
        t.Is(0, Fsync(fd));
        t.Is(0, Fdatasync(fd));
        t.Is(0, Fstatfs(fd, new long[15]));
        t.Is(0, Lseek(fd, 0, SEEK_SET));
        long address = Mmap(4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        t.Ok(address);
        unsafe
        {
            ((byte*)address)[0] = (byte)'m';
        }

        t.Is(0, Msync(address, 4096, MS_SYNC));
        t.Is(0, Munmap(address, 4096));
        t.Equal("m\0Y", Pread(fd, 3, 0));
        long copy = t.Open("copy", O_RDWR | O_CREAT);
        t.Is(5, CopyFileRange(fd, 0, copy, 0, 5));
        t.Equal("m\0Y34", t.Content("copy"));
        t.Close(fd);
    }
}
