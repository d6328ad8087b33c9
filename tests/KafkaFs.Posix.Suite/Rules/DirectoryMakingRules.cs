using KafkaFs.Posix.Suite.Running;
using static KafkaFs.Posix.Suite.Calls.Constants;
using static KafkaFs.Posix.Suite.Calls.Errno;
using static KafkaFs.Posix.Suite.Calls.Sys;

namespace KafkaFs.Posix.Suite.Rules;

/// <summary>mkdir(2), rmdir(2).</summary>
[Syscall("mkdir")]
internal static class DirectoryMakingRules
{
    public static void ANewDirectoryHasTheModeWithoutTheUmask(Case t)
    {
        foreach (int umask in new[] { 0, 22, 27, 77, 777 })
        {
            foreach (int mode in new[] { 0, 500, 700, 755, 777, 1777 })
            {
                t.Context = $"umask {umask} mode {mode}";
                Umask(O(umask));
                t.Is(0, Mkdir("d", O(mode)));
                t.Equal(O(mode) & ~O(umask), t.Stat("d").Permissions);
                t.Is(0, Rmdir("d"));
            }
        }
    }

    public static void SuidAndSgidAreNotTaken(Case t)
    {
        t.Is(0, Mkdir("d", O(7755)));
        t.Mode(1755, t.Stat("d"));
    }

    public static void ANewDirectoryIsTheCallersAndEmpty(Case t)
    {
        Chmod(".", O(777));
        t.As(User.Alice.In(2000), () => t.Is(0, Mkdir("d", O(755))));
        t.Equal(1001u, t.Stat("d").Uid);
        t.Equal(1001u, t.Stat("d").Gid);
        t.Equal("", t.Names("d"));
        string[] entries = [.. t.Entries("d").Select(entry => entry.Name).Order(StringComparer.Ordinal)];
        t.Equal(". ..", string.Join(' ', entries));
        t.Equal(t.Stat(".").Inode, t.Stat("d/..").Inode);
        t.Equal(t.Stat("d").Inode, t.Stat("d/.").Inode);
    }

    public static void LinksCountSubdirectories(Case t)
    {
        if (!t.Has(Difference.DirectoryLinks))
        {
            return;
        }

        t.Folder("d");
        t.Equal(2ul, t.Stat("d").Links);
        for (int count = 1; count <= 20; count++)
        {
            t.Is(0, Mkdir($"d/{count}", O(755)));
            t.Equal(2ul + (ulong)count, t.Stat("d").Links);
        }

        t.File("d/file");
        t.Equal(22ul, t.Stat("d").Links);
        for (int count = 20; count > 0; count--)
        {
            t.Is(0, Rmdir($"d/{count}"));
            t.Equal(1ul + (ulong)count, t.Stat("d").Links);
        }
    }

    public static void OnlyEmptyDirectoriesGo(Case t)
    {
        foreach (string type in Case.RealTypes)
        {
            t.Context = type;
            t.Folder("d");
            t.Make(type, "d/child");
            t.Is(ENOTEMPTY, Rmdir("d"));
            t.Is(ENOTEMPTY, UnlinkAt(AT_FDCWD, "d", AT_REMOVEDIR));
            t.Is(0, type == "directory" ? Rmdir("d/child") : Unlink("d/child"));
            t.Is(0, Rmdir("d"));
            t.Is(ENOENT, Stat("d", out _));
        }
    }

    public static void DotsAreNotRemoved(Case t)
    {
        t.Folder("d");
        t.Folder("d/e");
        t.Is(EINVAL, Rmdir("d/e/."));
        t.Is(EINVAL, Rmdir("."));
        t.Is(ENOTEMPTY, Rmdir("d/.."));
        t.Is(ENOTEMPTY, Rmdir("d/e/.."));
        t.Is(ENOTEMPTY, Rmdir(".."));
        t.Is(EBUSY, Rmdir("/"));
        t.Is(0, Rmdir("d/e/"));
        t.Is(ENOENT, Rmdir("d/e/"));
        t.Is(EISDIR, Unlink("d/."));
        t.Is(EISDIR, Unlink("d/.."));
        t.Is(EISDIR, Unlink("d/"));
    }

    public static void ARemovedWorkingDirectoryIsEmptyAndTakesNothing(Case t)
    {
        t.Folder("d");
        long outside = t.Open(".", O_PATH);
        t.Is(0, Chdir("d"));
        t.Is(0, UnlinkAt(outside, "d", AT_REMOVEDIR));
        t.Is(ENOENT, Mkdir("x", O(755)));
        t.Is(ENOENT, Open("x", O_CREAT | O_WRONLY, O(644)));
        t.Is(ENOENT, Symlink("t", "x"));
        t.Is(ENOENT, Mknod("x", S_IFIFO | O(644)));
        t.Is(ENOENT, Stat("x", out _));
        t.Is(0, Stat(".", out Calls.FileStatus status));
        t.Equal(0ul, t.Lacks(Difference.DirectoryLinks) ? 0 : status.Links);
        t.Equal(S_IFDIR, status.Type);
        t.Is(ENOENT, GetCwd(new byte[4096]));
        long fd = t.Open(".", O_RDONLY | O_DIRECTORY);
        t.Is(ENOENT, Getdents(fd, new byte[1000]));
        t.Is(0, Chmod(".", O(700)));
        t.Is(0, Fchdir(outside));
        t.Is(0, Mkdir("d", O(755)));
        t.True(t.Stat("d").Inode != t.Fstat(fd).Inode);
        t.Is(ENOENT, Getdents(fd, new byte[1000]));
    }

    public static void ADirectoryThatIsNotWritable(Case t)
    {
        t.Folder("closed");
        t.Folder("closed/d");
        t.As(User.Alice, () =>
        {
            t.Is(EACCES, Mkdir("closed/x", O(755)));
            t.Is(EACCES, Rmdir("closed/d"));
            t.Is(EEXIST, Mkdir("closed/d", O(755)));
            t.Is(ENOENT, Rmdir("closed/x"));
        });
        t.Own("closed/d", 1001, 1001);
        t.As(User.Alice, () => t.Is(EACCES, Rmdir("closed/d")));
    }

    public static void ADeepTree(Case t)
    {
        long before = t.Open(".", O_PATH);
        for (int depth = 0; depth < 300; depth++)
        {
            Mkdir("a-name-of-some-length", O(755));
            Chdir("a-name-of-some-length");
        }

        t.Is(ENOENT, Stat("x", out _));
        t.File("file", 644, "deep");
        t.Equal("deep", t.Content("file"));
        t.Is(ENAMETOOLONG, GetCwd(new byte[4000]));
        for (int depth = 0; depth < 300; depth++)
        {
            Chdir("..");
        }

        t.Is(0, Stat(string.Concat(Enumerable.Repeat("a-name-of-some-length/", 180)), out _));
        t.Is(0, Fchdir(before));
        t.Is(0, Stat("a-name-of-some-length", out _));
    }
}
