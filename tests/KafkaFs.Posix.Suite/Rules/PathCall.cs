using KafkaFs.Posix.Suite.Calls;
using static KafkaFs.Posix.Suite.Calls.Constants;
using static KafkaFs.Posix.Suite.Calls.Sys;

namespace KafkaFs.Posix.Suite.Rules;

/// <summary>A system call that takes a path, with everything else fixed.</summary>
internal sealed record PathCall(string Name, Func<string?, long> Call)
{
    private static readonly byte[] s_buffer = new byte[4096];

    /// <summary>Calls that need the last name to exist.</summary>
    public static PathCall[] Existing { get; } =
    [
        new("open", path => Opened(Open(path, O_RDONLY | O_NONBLOCK))),
        new("open for writing", path => Opened(Open(path, O_WRONLY | O_NONBLOCK))),
        new("open to truncate", path => Opened(Open(path, O_RDWR | O_TRUNC | O_NONBLOCK))),
        new("open a path", path => Opened(Open(path, O_PATH))),
        new("open a directory", path => Opened(Open(path, O_RDONLY | O_DIRECTORY))),
        new("open no link", path => Opened(Open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK))),
        new("chmod", path => Chmod(path, O(640))),
        new("fchmodat2 no link", path => FchmodAt2(AT_FDCWD, path, O(640), AT_SYMLINK_NOFOLLOW)),
        new("chown", path => Chown(path, 0, 0)),
        new("lchown", path => Lchown(path, 0, 0)),
        new("fchownat", path => FchownAt(AT_FDCWD, path, 0, 0, 0)),
        new("truncate", path => Truncate(path, 10)),
        new("stat", path => Stat(path, out _)),
        new("lstat", path => Lstat(path, out _)),
        new("statx", path => Statx(AT_FDCWD, path, 0, 0x7ff, s_buffer)),
        new("access", path => Access(path, F_OK)),
        new("faccessat2 no link", path => FaccessAt2(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW)),
        new("utimensat", path => Utimens(path, null, null)),
        new("utimensat no link", path => Utimens(AT_FDCWD, path, (0, UTIME_NOW), (0, UTIME_NOW), AT_SYMLINK_NOFOLLOW)),
        new("readlink", path => ReadLink(path, s_buffer) >= 0 ? 0 : ReadLink(path, s_buffer)),
        new("setxattr", path => SetXattr(path, "user.a", "v")),
        new("lsetxattr", path => LsetXattr(path, "user.a", "v")),
        new("setxattr trusted", path => SetXattr(path, "trusted.a", "v")),
        new("lsetxattr trusted", path => LsetXattr(path, "trusted.a", "v")),
        new("getxattr", path => GetXattr(path, "user.missing", s_buffer)),
        new("lgetxattr", path => LgetXattr(path, "user.missing", s_buffer)),
        new("listxattr", path => ListXattr(path, s_buffer) >= 0 ? 0 : ListXattr(path, s_buffer)),
        new("llistxattr", path => LlistXattr(path, s_buffer) >= 0 ? 0 : LlistXattr(path, s_buffer)),
        new("removexattr", path => RemoveXattr(path, "user.missing")),
        new("lremovexattr", path => LremoveXattr(path, "user.missing")),
        new("statfs", path => Statfs(path, new long[15])),
        new("chdir", path => WithCwd(() => Chdir(path))),
        new("inotify_add_watch", Watched),
        new("name_to_handle_at", path => NameToHandleAt(AT_FDCWD, path, Handle(), out _)),
        new("link from", path => Linked(path, 0)),
        new("linkat from, following", path => Linked(path, AT_SYMLINK_FOLLOW)),
        new("unlink", Unlink),
        new("rmdir", Rmdir),
        new("rename from", path => Rename(path, "path.renamed")),
    ];

    /// <summary>Calls that make the last name.</summary>
    public static PathCall[] Making { get; } =
    [
        new("open to create", path => Opened(Open(path, O_RDWR | O_CREAT | O_EXCL, O(644)))),
        new("creat", path => Opened(Creat(path, O(644)))),
        new("mkdir", path => Mkdir(path, O(755))),
        new("mknod of a file", path => Mknod(path, S_IFREG | O(644))),
        new("mknod of a fifo", path => Mknod(path, S_IFIFO | O(644))),
        new("mknod of a device", path => Mknod(path, S_IFCHR | O(644), 0x103)),
        new("symlink", path => Symlink("target", path)),
        new("link to", path => Link("path.source", path)),
        new("rename to", path => Rename("path.source", path)),
    ];

    /// <summary>Closes what was opened; a descriptor is 0.</summary>
    public static long Opened(long fd)
    {
        if (fd < 0)
        {
            return fd;
        }

        Sys.Close(fd);
        return 0;
    }

    public static byte[] Handle()
    {
        byte[] handle = new byte[8 + 128];
        handle[0] = 128;
        return handle;
    }

    /// <summary>Runs it and comes back to the same working directory.</summary>
    public static long WithCwd(Func<long> body)
    {
        long before = Open(".", O_PATH);
        long result = body();
        Fchdir(before);
        Sys.Close(before);
        return result;
    }

    private static long Watched(string? path)
    {
        long fd = InotifyInit();
        long watch = InotifyAddWatch(fd, path, 0xfff);
        Sys.Close(fd);
        return watch < 0 ? watch : 0;
    }

    private static long Linked(string? path, int flags)
    {
        long result = LinkAt(AT_FDCWD, path, AT_FDCWD, "path.linked", flags);
        Unlink("path.linked");
        return result;
    }
}
