using KafkaFs.Posix.Suite.Running;
using static KafkaFs.Posix.Suite.Calls.Constants;
using static KafkaFs.Posix.Suite.Calls.Errno;
using static KafkaFs.Posix.Suite.Calls.Sys;

namespace KafkaFs.Posix.Suite.Rules;

/// <summary>The permission bits, for owner, group, supplementary group and all others: path_resolution(7), "Permissions".</summary>
[Syscall("permission")]
internal static class PermissionRules
{
    // Who, by which of the three digits; the other two say the opposite, since only one class counts.
    private static readonly (string Name, User User, int Shift)[] s_classes =
    [
        ("owner", User.Alice, 6), ("group", new User(1003, 2000), 3), ("supplementary group", User.Bob.In(5, 2000, 7), 3), ("other", User.Nobody, 0),
    ];

    public static void OfFilesByOpen(Case t) => Each(t, false, (bits, user) => t.As(user, () =>
    {
        t.Is((bits & 4) != 0 ? 0 : EACCES, PathCall.Opened(Open("x", O_RDONLY)));
        t.Is((bits & 2) != 0 ? 0 : EACCES, PathCall.Opened(Open("x", O_WRONLY)));
        t.Is((bits & 6) == 6 ? 0 : EACCES, PathCall.Opened(Open("x", O_RDWR)));
        t.Is((bits & 2) != 0 ? 0 : EACCES, Truncate("x", 1));
        t.Is(0, PathCall.Opened(Open("x", O_PATH)));
    }));

    public static void OfFilesByAccess(Case t) => Each(t, false, (bits, user) => t.As(user, () =>
    {
        for (int mode = 0; mode < 8; mode++)
        {
            t.Is((bits & mode) == mode ? 0 : EACCES, Access("x", mode), $"access(x, {mode})");
        }

        t.Is((bits & 4) == 4 ? 0 : EACCES, FaccessAt2(AT_FDCWD, "x", R_OK, AT_EACCESS));
    }));

    public static void OfFilesByXattrs(Case t) => Each(t, false, (bits, user) => t.As(user, () =>
    {
        t.Is((bits & 2) != 0 ? 0 : EACCES, SetXattr("x", "user.a", "value"));
        t.Is((bits & 4) != 0 ? ENODATA : EACCES, GetXattr("x", "user.b", []));
        t.Is((bits & 2) != 0 ? ENODATA : EACCES, RemoveXattr("x", "user.b"));
        t.Ok(ListXattr("x", new byte[1000]));
    }));

    public static void OfDirectories(Case t) => Each(t, true, (bits, user) => t.As(user, () =>
    {
        bool canRead = (bits & 4) != 0, canWrite = (bits & 3) == 3, canSearch = (bits & 1) != 0;
        t.Is(canRead ? 0 : EACCES, PathCall.Opened(Open("x", O_RDONLY | O_DIRECTORY)));
        t.Is(canSearch ? 0 : EACCES, Stat("x/file", out _));
        t.Is(canSearch ? ENOENT : EACCES, Stat("x/missing", out _));
        t.Is(canSearch ? 0 : EACCES, PathCall.WithCwd(() => Chdir("x")));
        t.Is(canWrite ? 0 : EACCES, Mkdir("x/d", O(700)));
        t.Is(canWrite ? 0 : EACCES, PathCall.Opened(Open("x/f", O_CREAT | O_WRONLY, O(600))));
        t.Is(canWrite ? 0 : EACCES, Symlink("target", "x/l"));
        t.Is(canWrite ? 0 : EACCES, Mknod("x/p", S_IFIFO | O(600)));
        t.Is(canWrite ? 0 : EACCES, Link("x/file", "x/h"));
        t.Is(canWrite ? 0 : EACCES, Rename("x/file", "x/g"));
        t.Is(canWrite ? 0 : EACCES, Rename("x/old.directory", "x/new.directory"));
        t.Is(canWrite ? 0 : EACCES, Rmdir(canWrite ? "x/new.directory" : "x/old.directory"));
        t.Is(canWrite ? 0 : EACCES, Unlink("x/old.dangling"));
        t.Is(canWrite ? 0 : EACCES, Unlink("x/old.fifo"));
        t.Is(canWrite ? 0 : EACCES, Unlink("x/old.regular"));
        t.Is(canSearch ? EEXIST : EACCES, Mkdir("x/old.block", O(700)));
        t.Is(canWrite ? ENOENT : canSearch ? ENOENT : EACCES, Unlink("x/missing"));
    }));

    public static void OfEachDirectoryOfAPath(Case t)
    {
        t.Folder("a");
        t.Folder("a/b");
        t.Folder("a/b/c");
        t.File("a/b/c/file", 666);
        foreach (string closed in new[] { "a", "a/b", "a/b/c" })
        {
            t.Context = closed;
            Chmod(closed, O(744));
            t.As(User.Alice, () =>
            {
                t.Is(EACCES, Stat("a/b/c/file", out _));
                t.Is(EACCES, PathCall.Opened(Open("a/b/c/file", O_RDONLY)));
                t.Is(EACCES, Truncate("a/b/c/file", 0));
                t.Is(EACCES, Unlink("a/b/c/file"));
            });
            Chmod(closed, O(755));
            t.As(User.Alice, () => t.Is(0, Stat("a/b/c/file", out _)));
        }
    }

    public static void RootMayAll(Case t)
    {
        t.File("f", 0, "content");
        t.Folder("d", 0);
        t.Is(0, PathCall.Opened(Open("f", O_RDWR)));
        t.Is(0, Access("f", R_OK | W_OK));
        t.Is(EACCES, Access("f", X_OK));
        t.Is(0, Access("d", R_OK | W_OK | X_OK));
        t.Is(0, Mkdir("d/e", 0));
        t.Is(0, Mkdir("d/e/f", 0));
        t.Is(0, Truncate("f", 0));
        Chmod("f", O(1));
        t.Is(0, Access("f", X_OK));
    }

    public static void OnlyTheOwnerChangesMode(Case t) => ByOwner(t, name => Chmod(name, O(600)));

    public static void OnlyTheOwnerSetsTimes(Case t) => ByOwner(t, name => Utimens(AT_FDCWD, name, (1, 1), (2, 2)));

    // It would drop suid. Nobody has the file open.
    public static void OnlyTheOwnerDropsSuidByNamingNobody(Case t)
    {
        foreach (uint type in new[] { S_IFREG, S_IFIFO, S_IFSOCK })
        {
            t.Context = $"{type:x}";
            t.Is(0, Mknod("f", type | O(755)));
            t.Own("f", 1001, 1001);
            t.As(User.Bob, () => t.Is(0, Chown("f", -1, -1)));
            t.Is(0, Chmod("f", O(6755)));
            t.As(User.Bob, () => t.Is(EPERM, Chown("f", -1, -1)));
            t.Mode(6755, t.Stat("f"));
            t.As(User.Alice, () => t.Is(0, Chown("f", -1, -1)));
            t.Mode(755, t.Stat("f"));
            Unlink("f");
        }
    }

    public static void AnOwnerGivesNothingAway(Case t)
    {
        foreach (string type in new[] { "regular", "directory", "fifo", "socket" })
        {
            t.Context = type;
            t.Make(type, type);
            t.Own(type, 1001, 1001);
            t.As(User.Alice.In(2000, 2001), () =>
            {
                t.Is(EPERM, Chown(type, 1002, -1));
                t.Is(EPERM, Chown(type, 0, 0));
                t.Is(EPERM, Chown(type, -1, 3000));
                t.Is(EPERM, Chown(type, 1001, 0));
                t.Is(0, Chown(type, -1, 2000));
                t.Is(0, Chown(type, 1001, 2001));
                t.Is(0, Chown(type, 1001, -1));
                t.Is(0, Chown(type, -1, -1));
                t.Is(0, Chown(type, -1, 1001));
            });
            t.As(User.Bob.In(1001), () =>
            {
                t.Is(EPERM, Chown(type, -1, 1002));
                t.Is(EPERM, Chown(type, 1002, -1));
                t.Is(0, Chown(type, -1, -1));
                t.Is(EPERM, Chown(type, -1, 1001));
            });
        }
    }

    public static void OnlyRootMakesDevices(Case t)
    {
        Chmod(".", O(777));
        t.As(User.Alice, () =>
        {
            t.Is(EPERM, Mknod("c", S_IFCHR | O(600), 0x103));
            t.Is(EPERM, Mknod("b", S_IFBLK | O(600), 0x103));
            t.Is(0, Mknod("p", S_IFIFO | O(600)));
            t.Is(0, Mknod("s", S_IFSOCK | O(600)));
            t.Is(0, Mknod("f", S_IFREG | O(600)));
            t.Is(0, Mknod("g", O(600)));
            t.Is(EPERM, Mknod("d", S_IFDIR | O(700)));
        });
        t.Is(EPERM, Mknod("d", S_IFDIR | O(700)));
        t.Is(EINVAL, Mknod("l", S_IFLNK | O(700)));
        t.Is(EINVAL, Mknod("l", 0x3000 | O(700)));
        t.Equal("f g p s", t.Names("."));
    }

    private static void Each(Case t, bool isDirectory, Action<int, User> check)
    {
        foreach ((string name, User user, int shift) in s_classes)
        {
            for (int bits = 0; bits < 8; bits++)
            {
                t.Context = $"{name} {bits}";
                string x = isDirectory ? t.Folder("x") : t.File("x", 600, "content");
                if (isDirectory)
                {
                    t.File("x/file", 666);
                    foreach (string type in Case.RealTypes)
                    {
                        t.Make(type, "x/old." + type);
                    }

                    Chmod("x/old.directory", O(777));
                }

                t.Own(x, 1001, 2000);
                Chmod(x, (uint)((bits << shift) | (((7 - bits) * 0x49) & ~(7 << shift))));
                check(bits, user);
                t.Is(0, Rename("x", $"x.{name}.{bits}"));
            }
        }
    }

    private static void ByOwner(Case t, Func<string, long> call)
    {
        foreach (string type in new[] { "regular", "directory", "fifo", "socket", "character", "block" })
        {
            t.Context = type;
            t.Make(type, type);
            Chmod(type, O(777));
            t.Own(type, 1001, 1001);
            t.As(User.Bob.In(1001), () => t.Is(EPERM, call(type)));
            t.As(User.Nobody, () => t.Is(EPERM, call(type)));
            t.As(User.Alice, () => t.Is(0, call(type)));
            t.Is(0, call(type));
        }
    }
}
