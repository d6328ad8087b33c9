using KafkaFs.Posix.Suite.Calls;
using KafkaFs.Posix.Suite.Running;
using static KafkaFs.Posix.Suite.Calls.Constants;
using static KafkaFs.Posix.Suite.Calls.Errno;
using static KafkaFs.Posix.Suite.Calls.Sys;

namespace KafkaFs.Posix.Suite.Rules;

/// <summary>path_resolution(7), for every call that takes a path.</summary>
[Syscall("path")]
internal static class PathRules
{
    private static readonly string s_long = new('n', 256);

    private static IEnumerable<PathCall> All => PathCall.Existing.Concat(PathCall.Making);

    public static void AMissingDirectoryIsENOENT(Case t) => Each(t, "missing/x", ENOENT);

    public static void AFileAsADirectoryIsENOTDIR(Case t) => Each(t, "regular/x", ENOTDIR);

    public static void AFifoAsADirectoryIsENOTDIR(Case t) => Each(t, "fifo/x", ENOTDIR);

    public static void ADanglingLinkAsADirectoryIsENOENT(Case t) => Each(t, "dangling/x", ENOENT);

    public static void ALinkToAFileAsADirectoryIsENOTDIR(Case t) => Each(t, "link/x", ENOTDIR);

    public static void ALoopOfLinksIsELOOP(Case t) => Each(t, "loop/x", ELOOP);

    public static void ANameOf256BytesIsENAMETOOLONG(Case t) => Each(t, s_long, ENAMETOOLONG);

    public static void ADirectorysNameOf256BytesIsENAMETOOLONG(Case t) => Each(t, s_long + "/x", ENAMETOOLONG);

    public static void APathOf4096BytesIsENAMETOOLONG(Case t) => Each(t, string.Concat(Enumerable.Repeat("./", 2047)) + "xx", ENAMETOOLONG);

    public static void NoPathIsENOENT(Case t) => Each(t, "", ENOENT);

    public static void ABadPointerIsEFAULT(Case t) => Each(t, null, EFAULT);

    public static void ADirectoryThatMayNotBeSearchedIsEACCES(Case t)
    {
        Prepare(t);
        t.As(User.Alice, () => Each(t, All, "closed/x", EACCES));
        t.As(User.Alice, () => Each(t, All, "closed/../regular", EACCES));
    }

    public static void AMissingNameIsENOENT(Case t)
    {
        Prepare(t);
        Each(t, PathCall.Existing, "missing", ENOENT);
        Each(t, PathCall.Existing, "directory/missing", ENOENT);
    }

    public static void AFileWithATrailingSlashIsENOTDIR(Case t)
    {
        Prepare(t);
        Each(t, PathCall.Existing, "regular/", ENOTDIR);
        Each(t, PathCall.Existing, "link/", ENOTDIR);
    }

    public static void AFileWithATrailingDotIsENOTDIR(Case t)
    {
        Prepare(t);
        Each(t, PathCall.Existing, "regular/.", ENOTDIR);
        Each(t, PathCall.Existing, "regular/..", ENOTDIR);
    }

    public static void APathOf4095BytesIsTaken(Case t)
    {
        Prepare(t);
        string prefix = string.Concat(Enumerable.Repeat("./", 2043));
        t.Is(0, Stat(prefix + "directory", out _));
        t.Equal(4095, (prefix + "directory").Length);
        t.Is(0, Mkdir(prefix + "ninechars", O(755)));
        t.Is(0, Rmdir(prefix + "ninechars"));
    }

    public static void FortyLinksAreFollowedAndNotMore(Case t)
    {
        t.File("l0");
        for (int link = 1; link <= 41; link++)
        {
            t.Is(0, Symlink($"l{link - 1}", $"l{link}"));
        }

        t.Is(0, Stat("l40", out _));
        t.Is(ELOOP, Stat("l41", out _));
        t.Is(0, Lstat("l41", out _));
    }

    public static void ManySlashesAreOne(Case t)
    {
        Prepare(t);
        t.Is(0, Stat("directory///", out FileStatus first));
        t.Is(0, Stat(".//directory/.///", out FileStatus second));
        t.Equal(first.Inode, second.Inode);
        t.Is(0, Stat("directory/..", out FileStatus above));
        t.Equal(t.Stat(".").Inode, above.Inode);
        t.Is(0, Stat("dirlink/..", out above));
        t.Equal(t.Stat(".").Inode, above.Inode);
        t.Is(0, Lstat("dirlink/", out FileStatus followed));
        t.Equal(S_IFDIR, followed.Type);
        t.Is(0, Lstat("dirlink", out followed));
        t.Equal(S_IFLNK, followed.Type);
    }

    public static void ADescriptorIsABeginning(Case t)
    {
        Prepare(t);
        long directory = t.Open("directory", O_RDONLY | O_DIRECTORY), path = t.Open("directory", O_PATH), file = t.Open("regular", O_RDONLY);
        t.Is(0, PathCall.Opened(OpenAt(directory, "a", O_CREAT | O_WRONLY, O(600))));
        t.Is(0, FstatAt(path, "a", out _, 0));
        t.Is(ENOTDIR, FstatAt(file, "a", out _, 0));
        t.Is(ENOTDIR, OpenAt(file, "a", O_CREAT | O_WRONLY, O(600)));
        t.Is(ENOTDIR, MkdirAt(file, "a", O(700)));
        t.Is(ENOTDIR, UnlinkAt(file, "a"));
        t.Is(ENOTDIR, SymlinkAt("x", file, "a"));
        t.Is(ENOTDIR, RenameAt(file, "a", directory, "b"));
        t.Is(ENOTDIR, LinkAt(directory, "a", file, "b"));
        t.Is(EBADF, FstatAt(9999, "a", out _, 0));
        t.Is(EBADF, MkdirAt(9999, "a", O(700)));
        t.Is(EBADF, UnlinkAt(9999, "a"));
        t.Is(EBADF, RenameAt(9999, "a", directory, "b"));
        t.Is(EBADF, LinkAt(9999, "a", directory, "b"));
        t.Is(0, FstatAt(9999, "/", out _, 0));
        t.Is(0, FstatAt(file, "", out FileStatus own, AT_EMPTY_PATH));
        t.Equal(t.Stat("regular").Inode, own.Inode);
        t.Is(ENOENT, FstatAt(file, "", out _, 0));
        t.Is(0, MkdirAt(directory, "sub", O(700)));
        t.Is(0, SymlinkAt("x", directory, "link"));
        t.Is(0, MknodAt(directory, "fifo", S_IFIFO | O(600)));
        t.Is(0, LinkAt(directory, "a", path, "b"));
        t.Is(0, RenameAt(directory, "b", AT_FDCWD, "c"));
        t.Equal("a fifo link sub", t.Names("directory"));
        t.Is(0, UnlinkAt(directory, "a"));
        t.Is(EISDIR, UnlinkAt(directory, "sub"));
        t.Is(0, UnlinkAt(directory, "sub", AT_REMOVEDIR));
        t.Is(ENOTDIR, UnlinkAt(directory, "link", AT_REMOVEDIR));
        t.Is(EINVAL, UnlinkAt(directory, "link", 0x40));
    }

    private static void Prepare(Case t)
    {
        foreach (string type in Case.Types)
        {
            t.Make(type, type);
        }

        t.File("path.source");
        t.Folder("closed", 700);
        t.File("closed/x", 666);
        Chmod(".", O(777));
    }

    private static void Each(Case t, string? path, long error)
    {
        Prepare(t);
        Each(t, All, path, error);
    }

    private static void Each(Case t, IEnumerable<PathCall> calls, string? path, long error)
    {
        foreach (PathCall call in calls)
        {
            t.Context = $"{call.Name} of {(path?.Length > 30 ? path[..30] + "..." : path ?? "(bad pointer)")}";
            t.Is(error, call.Call(path));
        }
    }
}
