using KafkaFs.Posix.Suite.Running;
using static KafkaFs.Posix.Suite.Calls.Constants;
using static KafkaFs.Posix.Suite.Calls.Errno;
using static KafkaFs.Posix.Suite.Calls.Sys;

namespace KafkaFs.Posix.Suite.Rules;

/// <summary>Directories with S_ISGID and S_ISVTX: inode(7), unlink(2); fs/inode.c, inode_init_owner; fs/namei.c, __check_sticky.</summary>
[Syscall("sticky")]
internal static class SetgidDirectoryRules
{
    public static void ASetgidDirectoryHandsDownItsGroup(Case t)
    {
        t.Folder("d", 2777);
        t.Own("d", 0, 3000);
        Chmod("d", O(2777));
        foreach (User user in new[] { User.Alice, User.Bob.In(3000), new User(0, 0) })
        {
            string name = $"{user.Uid}";
            t.Context = $"user {name}";
            t.As(user, () =>
            {
                t.Is(0, PathCall.Opened(Open($"d/f{name}", O_CREAT | O_WRONLY, O(644))));
                t.Is(0, Mkdir($"d/d{name}", O(755)));
                t.Is(0, Symlink("x", $"d/l{name}"));
                t.Is(0, Mknod($"d/p{name}", S_IFIFO | O(644)));
                t.Is(0, Mknod($"d/m{name}", S_IFREG | O(644)));
            });
            foreach (char type in "fdlpm")
            {
                t.Context = $"user {name} {type}";
                t.Equal(3000u, t.Lstat($"d/{type}{name}").Gid);
                t.Equal(user.Uid, t.Lstat($"d/{type}{name}").Uid);
            }

            t.Mode(2755, t.Stat($"d/d{name}"));
            t.Mode(644, t.Stat($"d/f{name}"));
            t.Mode(644, t.Stat($"d/p{name}"));
        }
    }

    public static void ANewSetgidProgramOfAForeignGroupHasNoSgid(Case t)
    {
        Umask(0);
        t.Folder("d");
        t.Own("d", 0, 3000);
        Chmod("d", O(2777));
        t.As(User.Alice, () =>
        {
            t.Is(0, PathCall.Opened(Open("d/a", O_CREAT | O_WRONLY, O(2755))));
            t.Is(0, PathCall.Opened(Open("d/b", O_CREAT | O_WRONLY, O(2745))));
            t.Is(0, Mknod("d/c", S_IFREG | O(2755)));
        });
        t.As(User.Bob.In(3000), () => t.Is(0, PathCall.Opened(Open("d/e", O_CREAT | O_WRONLY, O(2755)))));
        t.Is(0, PathCall.Opened(Open("d/f", O_CREAT | O_WRONLY, O(2755))));
        t.Mode(755, t.Stat("d/a"));
        t.Mode(2745, t.Stat("d/b"));
        t.Mode(755, t.Stat("d/c"));
        t.Mode(2755, t.Stat("d/e"));
        t.Mode(2755, t.Stat("d/f"));
    }

    public static void WithoutSetgidTheGroupIsTheCallers(Case t)
    {
        t.Folder("d");
        t.Own("d", 0, 3000);
        Chmod("d", O(777));
        t.As(User.Alice, () =>
        {
            t.Is(0, Mkdir("d/d", O(755)));
            t.Is(0, PathCall.Opened(Open("d/f", O_CREAT | O_WRONLY, O(644))));
        });
        t.Equal(1001u, t.Stat("d/d").Gid);
        t.Equal(1001u, t.Stat("d/f").Gid);
        t.Mode(755, t.Stat("d/d"));
    }

    // Who may take a name away from a sticky directory: its owner, the file's owner, root.
    public static void AStickyDirectoryGuardsItsNames(Case t)
    {
        foreach (string type in Case.RealTypes)
        {
            foreach ((uint directoryOwner, uint fileOwner) in new (uint, uint)[] { (0, 0), (0, 1001), (1001, 0), (1002, 1002), (1002, 1001), (1001, 1002) })
            {
                t.Context = $"{type} of {fileOwner} in a directory of {directoryOwner}";
                t.Folder("d");
                t.Make(type, "d/x");
                t.Make(type, "d/y");
                t.Make(type, "d/z");
                t.Folder("open", 777);
                Chmod("d/x", O(777));
                Chmod("d/y", O(777));
                foreach (string name in new[] { "d/x", "d/y", "d/z" })
                {
                    t.Own(name, fileOwner, fileOwner);
                }

                t.Own("d", directoryOwner, 0);
                Chmod("d", O(1777));
                bool may = directoryOwner == 1001 || fileOwner == 1001;
                t.As(User.Alice, () =>
                {
                    t.Is(may ? 0 : EPERM, Rename("d/x", "d/x2"));
                    t.Is(may ? 0 : EPERM, Rename(may ? "d/x2" : "d/x", "open/x"));
                    t.Is(may ? 0 : EPERM, Rename("d/z", "d/y"));
                    t.Is(may ? 0 : EPERM, type == "directory" ? Rmdir("d/y") : Unlink("d/y"));
                });
                foreach (string name in new[] { "d/x", "d/y", "d/z", "open/x", "d", "open" })
                {
                    Unlink(name);
                    Rmdir(name);
                }
            }
        }
    }

    public static void RootMayAllInAStickyDirectory(Case t)
    {
        t.Folder("d", 1777);
        t.Own("d", 1002, 1002);
        t.File("d/x");
        t.Own("d/x", 1001, 1001);
        t.Is(0, Rename("d/x", "d/y"));
        t.Is(0, Unlink("d/y"));
    }

    public static void OnlyInGroupsOfOnesOwnIsSgidKept(Case t)
    {
        t.File("f", 644);
        t.Own("f", 1001, 3000);
        t.As(User.Alice, () => t.Is(0, Chmod("f", O(2755))));
        t.Mode(755, t.Stat("f"));
        t.As(User.Alice.In(3000), () => t.Is(0, Chmod("f", O(2755))));
        t.Mode(2755, t.Stat("f"));
        t.Folder("d");
        t.Own("d", 1001, 3000);
        t.As(User.Alice, () => t.Is(0, Chmod("d", O(2755))));
        t.Mode(755, t.Stat("d"));
        t.As(User.Alice.In(3000), () => t.Is(0, Chmod("d", O(2755))));
        t.Mode(2755, t.Stat("d"));
    }
}
