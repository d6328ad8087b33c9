using KafkaFs.Posix.Suite.Running;
using static KafkaFs.Posix.Suite.Calls.Constants;
using static KafkaFs.Posix.Suite.Calls.Errno;
using static KafkaFs.Posix.Suite.Calls.Sys;
using static KafkaFs.Posix.Suite.Rules.ContentCalls;

namespace KafkaFs.Posix.Suite.Rules;

/// <summary>chmod(2) and chown(2) with their kin; what takes away suid, sgid and capabilities: fs/attr.c, setattr_should_drop_suidgid.</summary>
[Syscall("chmod")]
internal static class ModeRules
{
    private const string Capability = "\x00\x00\x00\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00";

    public static void AllBitsAreKept(Case t)
    {
        foreach (string type in Case.RealTypes.Where(type => type != "dangling"))
        {
            t.Make(type, type);
            foreach (int mode in new[] { 0, 1, 10, 100, 644, 755, 777, 1777, 2777, 4777, 7777, 4000, 2000, 1000 })
            {
                t.Context = $"{type} {mode}";
                t.Is(0, Chmod(type, O(mode)));
                t.Mode(mode, t.Stat(type));
                t.Equal(type switch { "regular" => S_IFREG, "directory" => S_IFDIR, "fifo" => S_IFIFO, "socket" => S_IFSOCK, "character" => S_IFCHR, _ => S_IFBLK }, t.Stat(type).Type);
            }
        }
    }

    public static void FourWaysToChangeAMode(Case t)
    {
        t.File("f");
        t.Folder("d");
        Symlink("f", "l");
        long fd = t.Open("f", O_RDONLY), directory = t.Open("d", O_RDONLY);
        t.Is(0, Fchmod(fd, O(600)));
        t.Mode(600, t.Stat("f"));
        t.Is(0, FchmodAt(AT_FDCWD, "f", O(640)));
        t.Mode(640, t.Stat("f"));
        t.Is(0, FchmodAt2(AT_FDCWD, "f", O(644), AT_SYMLINK_NOFOLLOW));
        t.Mode(644, t.Stat("f"));
        t.Is(0, FchmodAt2(fd, "", O(604), AT_EMPTY_PATH));
        t.Mode(604, t.Stat("f"));
        t.Is(0, Chmod("l", O(611)));
        t.Mode(611, t.Stat("f"));
        t.Mode(777, t.Lstat("l"));
        t.Is(0, Fchmod(directory, O(1711)));
        t.Mode(1711, t.Stat("d"));
        t.Is(0, Chmod("f", O(644) | 0x12345000));
        t.Mode(644, t.Stat("f"));
        t.Equal(S_IFREG, t.Stat("f").Type);
        t.Is(EBADF, Fchmod(9999, O(644)));
    }

    public static void OwnersAreAnyNumber(Case t)
    {
        foreach (string type in Case.RealTypes)
        {
            t.Make(type, type);
            foreach ((long uid, long gid) in new (long, long)[] { (0, 0), (1, 2), (65_534, 65_535), (65_536, 70_000), (0x7fffffff, 0x80000000), (0xfffffffe, 0xfffffffe) })
            {
                t.Context = $"{type} {uid}:{gid}";
                t.Is(0, Lchown(type, uid, gid));
                t.Equal((uint)uid, t.Lstat(type).Uid);
                t.Equal((uint)gid, t.Lstat(type).Gid);
            }

            t.Is(0, Lchown(type, 7, -1));
            t.Is(0, Lchown(type, -1, 8));
            t.Is(0, Lchown(type, -1, -1));
            t.Equal(7u, t.Lstat(type).Uid);
            t.Equal(8u, t.Lstat(type).Gid);
        }
    }

    public static void FiveWaysToChangeAnOwner(Case t)
    {
        t.File("f");
        Symlink("f", "l");
        long fd = t.Open("f", O_RDONLY);
        t.Is(0, Fchown(fd, 1, 2));
        t.Equal(1u, t.Stat("f").Uid);
        t.Is(0, Chown("l", 3, 4));
        t.Equal(3u, t.Stat("f").Uid);
        t.Equal(0u, t.Lstat("l").Uid);
        t.Is(0, Lchown("l", 5, 6));
        t.Equal(3u, t.Stat("f").Uid);
        t.Equal(5u, t.Lstat("l").Uid);
        t.Is(0, FchownAt(AT_FDCWD, "l", 7, 8, AT_SYMLINK_NOFOLLOW));
        t.Equal(7u, t.Lstat("l").Uid);
        t.Is(0, FchownAt(fd, "", 9, 10, AT_EMPTY_PATH));
        t.Equal(9u, t.Stat("f").Uid);
        t.Equal(10u, t.Stat("f").Gid);
        t.Is(EINVAL, FchownAt(AT_FDCWD, "f", 1, 1, 1));
        t.Is(EBADF, Fchown(9999, 1, 1));
    }

    public static void ChownByRootTakesSuidOfFiles(Case t)
    {
        foreach ((string type, int before, int after) in new[]
        {
            ("regular", 6777, 777), ("regular", 4755, 755), ("regular", 2755, 755), ("regular", 2745, 2745), ("regular", 6745, 2745), ("regular", 1755, 1755),
            ("regular", 4644, 644), ("directory", 6777, 6777), ("directory", 2755, 2755), ("fifo", 6777, 777), ("socket", 4755, 755), ("character", 6755, 755), ("block", 6755, 755),
        })
        {
            foreach ((long uid, long gid) in new (long, long)[] { (1, 1), (1, -1), (-1, 1), (-1, -1), (0, 0) })
            {
                t.Context = $"{type} {before} to {uid}:{gid}";
                t.Make(type, "x");
                Chmod("x", O(before));
                t.Is(0, Chown("x", uid, gid));
                t.Mode(after, t.Stat("x"));
                Unlink("x");
                Rmdir("x");
            }
        }
    }

    public static void ChgrpByItsOwnerTakesSuid(Case t)
    {
        foreach ((int before, int after) in new[] { (6777, 777), (4755, 755), (2755, 755), (755, 755), (1755, 1755) })
        {
            t.Context = $"{before}";
            t.File("f");
            t.Own("f", 1001, 1001);
            Chmod("f", O(before));
            t.As(User.Alice.In(3000), () => t.Is(0, Chown("f", -1, 3000)));
            t.Mode(after, t.Stat("f"));
            t.Equal(3000u, t.Stat("f").Gid);
            Unlink("f");
        }
    }

    public static void WhatAnOrdinaryUserDoesToAContentTakesSuid(Case t)
    {
        foreach ((string name, Func<long> change) in Changes())
        {
            foreach ((int before, int after) in new[] { (6777, 777), (4777, 777), (2777, 777), (2767, 767), (6767, 767), (1777, 1777), (777, 777) })
            {
                t.Context = $"{name} {before}";
                t.File("f", before, "content");
                t.File("source", 644, "source");
                t.As(User.Alice, () => t.Ok(change()));
                int kept = before / 1000 & 2;
                t.Mode(after == 767 && t.Lacks(Difference.ForeignSgid) ? after + (kept * 1000) : after, t.Stat("f"));
                Unlink("f");
                t.File("f", before, "content");
                t.Ok(change());
                t.Mode(before, t.Stat("f"));
                Unlink("f");
                Unlink("source");
            }
        }
    }

    public static void AMemberOfTheGroupKeepsSgidWithoutExecution(Case t)
    {
        foreach ((string name, Func<long> change) in Changes())
        {
            t.Context = name;
            t.File("source", 644, "source");
            t.File("f", 644, "content");
            t.Own("f", 0, 3000);
            Chmod("f", O(2767));
            t.As(User.Alice.In(3000), () => t.Ok(change()));
            t.Mode(2767, t.Stat("f"));
            Unlink("f");
            Unlink("source");
        }
    }

    public static void EveryChangeOfAContentTakesCapabilities(Case t)
    {
        foreach ((string name, Func<long> change) in Changes().Append(("chown", () => Chown("f", 1, 1))))
        {
            t.Context = name;
            t.File("source", 644, "source");
            t.File("f", 6755, "content");
            t.Is(0, SetXattr("f", "security.capability", Capability));
            t.Equal(Capability, GetXattr("f", "security.capability"));
            t.Ok(change());
            t.Equal("ENODATA", GetXattr("f", "security.capability"));
            if (name == "chown" || !t.Lacks(Difference.SuidAndCapability))
            {
                // It was root.
                t.Mode(name == "chown" ? 755 : 6755, t.Stat("f"));
            }
            Unlink("f");
            Unlink("source");
        }
    }

    public static void WhatIsNoChangeOfAContentTakesNothing(Case t)
    {
        t.File("f", 6777, "content");
        t.Is(0, SetXattr("f", "security.capability", Capability));
        t.Is(0, Chmod("f", O(6755)));
        t.Is(0, Rename("f", "g"));
        t.Is(0, Link("g", "f"));
        t.Is(0, Utimens("f", null, null));
        t.Is(0, SetXattr("f", "user.a", "v"));
        t.Equal("content", t.Content("f"));
        t.Mode(6755, t.Stat("f"));
        t.Equal(Capability, GetXattr("f", "security.capability"));
    }

    private static (string Name, Func<long> Change)[] Changes() =>
    [
        ("write", () => With(O_WRONLY, fd => Write(fd, "x"))),
        ("append", () => With(O_WRONLY | O_APPEND, fd => Write(fd, "x"))),
        ("pwrite", () => With(O_RDWR, fd => Pwrite(fd, "x", 100))),
        ("writev", () => With(O_RDWR, fd => Writev(fd, ["x", "y"]))),
        ("truncate", () => Truncate("f", 1)),
        ("truncate longer", () => Truncate("f", 100)),
        ("ftruncate", () => With(O_WRONLY, fd => Ftruncate(fd, 2))),
        ("open to truncate", () => PathCall.Opened(Open("f", O_WRONLY | O_TRUNC))),
        ("fallocate", () => With(O_WRONLY, fd => Fallocate(fd, 0, 0, 100))),
        ("punch", () => With(O_WRONLY, fd => Fallocate(fd, FALLOC_PUNCH_HOLE | FALLOC_KEEP_SIZE, 0, 3))),
        ("copy_file_range", () => With(O_WRONLY, Copied)),
    ];
}
