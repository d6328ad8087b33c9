using KafkaFs.Posix.Suite.Running;
using static KafkaFs.Posix.Suite.Calls.Constants;
using static KafkaFs.Posix.Suite.Calls.Errno;
using static KafkaFs.Posix.Suite.Calls.Sys;

namespace KafkaFs.Posix.Suite.Rules;

/// <summary>link(2), unlink(2), symlink(2), readlink(2).</summary>
[Syscall("link")]
internal static class LinkRules
{
    public static void TwoNamesAreOneFile(Case t)
    {
        foreach (string type in Case.RealTypes.Where(type => type != "directory"))
        {
            t.Context = type;
            string a = t.Make(type, "a." + type), b = "b." + type;
            t.Is(0, Link(a, b));
            t.Equal(t.Lstat(a), t.Lstat(b));
            t.Equal(2ul, t.Lstat(a).Links);
            t.Is(0, Lchown(a, 5, 6));
            t.Equal(5u, t.Lstat(b).Uid);
            t.Is(0, Unlink(a));
            t.Equal(1ul, t.Lstat(b).Links);
            t.Is(ENOENT, Lstat(a, out _));
            t.Is(0, Link(b, a));
            t.Is(0, Unlink(b));
            t.Is(0, Unlink(a));
        }
    }

    public static void ContentsAndModesAreShared(Case t)
    {
        t.File("a", 644, "one");
        t.Folder("d");
        t.Is(0, Link("a", "d/b"));
        long fd = t.Open("d/b", O_WRONLY | O_APPEND);
        t.Is(3, Write(fd, "two"));
        t.Equal("onetwo", t.Content("a"));
        t.Is(0, Chmod("a", O(600)));
        t.Mode(600, t.Stat("d/b"));
        t.Is(0, SetXattr("a", "user.a", "v"));
        t.Equal("v", GetXattr("d/b", "user.a"));
        t.Is(0, Truncate("d/b", 1));
        t.Is(1, t.Stat("a").Size);
    }

    public static void AHundredLinks(Case t)
    {
        t.File("f");
        for (int link = 1; link <= 100; link++)
        {
            t.Is(0, Link("f", $"l{link}"));
        }

        t.Equal(101ul, t.Stat("f").Links);
        for (int link = 100; link > 0; link--)
        {
            t.Is(0, Unlink($"l{link}"));
        }

        t.Equal(1ul, t.Stat("f").Links);
    }

    public static void ErrorsOfLink(Case t)
    {
        t.File("f");
        t.Folder("d");
        t.Is(EEXIST, Link("f", "f"));
        t.Is(EEXIST, Link("f", "d"));
        t.Is(EPERM, Link("d", "e"));
        t.Is(EPERM, LinkAt(AT_FDCWD, "d", AT_FDCWD, "e"));
        t.Is(EEXIST, Link("d", "f"));
        t.Is(ENOENT, Link("missing", "g"));
        t.Is(EEXIST, Link("f", "."));
        t.Is(EEXIST, Link("f", ".."));
        t.Is(EINVAL, LinkAt(AT_FDCWD, "f", AT_FDCWD, "g", 1));
        t.Is(EXDEV, Link("/proc/self/stat", "g"));
        t.Is(ENOENT, Link("f", "missing/g"));
        t.Is(ENOTDIR, Link("f", "f/g"));
    }

    public static void AnOpenFileIsLinkedByItsDescriptor(Case t)
    {
        t.File("f", 644, "content");
        long fd = t.Open("f", O_RDWR);
        t.Is(0, LinkAt(AT_FDCWD, $"/proc/self/fd/{fd}", AT_FDCWD, "g", AT_SYMLINK_FOLLOW));
        t.Is(0, LinkAt(fd, "", AT_FDCWD, "h", AT_EMPTY_PATH));
        t.Equal("f g h", t.Names("."));
        Unlink("f");
        Unlink("g");
        Unlink("h");
        t.Is(ENOENT, LinkAt(fd, "", AT_FDCWD, "i", AT_EMPTY_PATH));
        t.Is(ENOENT, LinkAt(AT_FDCWD, $"/proc/self/fd/{fd}", AT_FDCWD, "i", AT_SYMLINK_FOLLOW));
        t.Equal("", t.Names("."));
    }

    public static void TargetsAreAnyBytes(Case t)
    {
        string[] targets = ["x", "/", "//", "a/b/../c", " ", "\n", "\xff\xfe\x01", new string('t', 255), new string('u', 1000), "a//b/", "."];
        string[] longTargets = [new string('v', 4000), new string('w', 4095)];
        foreach (string target in t.Has(Difference.LongTargets) ? [.. targets, .. longTargets] : targets)
        {
            t.Context = target;
            t.Is(0, Symlink(target, "l"));
            t.Equal(target, ReadLink("l"));
            t.Is(target.Length, t.Lstat("l").Size);
            t.Equal(0xa1ffu, t.Lstat("l").Mode);
            t.Is(0, Unlink("l"));
        }

        t.Context = "";
        t.Is(ENOENT, Symlink("", "l"));
        t.Is(ENAMETOOLONG, Symlink(new string('x', 4096), "l"));
    }

    public static void ReadlinkCutsShort(Case t)
    {
        Symlink("0123456789", "l");
        byte[] buffer = new byte[10];
        t.Is(4, ReadLink("l", buffer.AsSpan(0, 4)));
        t.Equal("0123\0", Text(buffer.AsSpan(0, 5)));
        t.Is(10, ReadLink("l", buffer));
        t.Is(EINVAL, ReadLink("l", []));
    }

    public static void ALinkLeadsFromItsDirectory(Case t)
    {
        t.Folder("d");
        t.Folder("d/e");
        t.File("d/f", 644, "content");
        Symlink("../f", "d/e/l");
        Symlink("d/e", "m");
        Symlink($"{t.Directory}/d/f", "n");
        t.Equal("content", t.Content("d/e/l"));
        t.Equal("content", t.Content("m/l"));
        t.Equal("content", t.Content("n"));
        t.Is(0, Rename("d/e", "e"));
        t.Equal("ENOENT", t.Content("e/l"));
        t.Is(0, Mkdir("d/e", 448));
        t.Is(ENOENT, Stat("m/l", out _));
    }

    public static void WhoMayUnlink(Case t)
    {
        t.Folder("d", 777);
        t.Folder("closed");
        t.File("d/f", 0);
        t.File("closed/f", 666);
        t.Own("closed/f", 1001, 1001);
        t.As(User.Alice, () =>
        {
            t.Is(EACCES, Unlink("closed/f"));
            t.Is(EISDIR, Unlink("d/."));
            t.Is(ENOENT, Unlink("closed/missing"));
            t.Is(0, Unlink("d/f"));
        });
    }

    public static void WhoMayLink(Case t)
    {
        t.Folder("d", 777);
        t.Folder("closed");
        t.File("d/own");
        t.Own("d/own", 1001, 1001);
        t.As(User.Alice, () =>
        {
            t.Is(EACCES, Link("d/own", "closed/x"));
            t.Is(0, Link("d/own", "d/x"));
            t.Is(EEXIST, Link("d/own", "d/x"));
        });
        t.Equal(2ul, t.Stat("d/own").Links);
    }
}
