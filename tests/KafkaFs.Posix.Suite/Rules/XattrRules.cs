using KafkaFs.Posix.Suite.Running;
using static KafkaFs.Posix.Suite.Calls.Constants;
using static KafkaFs.Posix.Suite.Calls.Errno;
using static KafkaFs.Posix.Suite.Calls.Sys;

namespace KafkaFs.Posix.Suite.Rules;

/// <summary>xattr(7): setxattr(2), getxattr(2), listxattr(2), removexattr(2), with their kin for links and descriptors.</summary>
[Syscall("xattr")]
internal static class XattrRules
{
    public static void ValuesAreAnyBytes(Case t)
    {
        foreach (string type in new[] { "regular", "directory" })
        {
            t.Make(type, type);
            foreach (string value in new[] { "", "v", "\0", "\0\xff\n\0", new string('x', 100), new string('y', 1000), new string('z', 2000) })
            {
                t.Context = $"{type} {value}";
                t.Is(0, SetXattr(type, "user.name", value));
                t.Equal(value, GetXattr(type, "user.name"));
                t.Is(value.Length, GetXattr(type, "user.name", []));
            }
        }
    }

    public static void ThreeFamiliesAreOne(Case t)
    {
        t.File("f");
        Symlink("f", "l");
        long fd = t.Open("f", O_RDONLY);
        t.Is(0, SetXattr("l", "user.a", "1"));
        t.Equal("1", GetXattr("f", "user.a"));
        t.Equal("1", FgetXattr(fd, "user.a"));
        t.Equal("1", GetXattr("l", "user.a"));
        t.Equal("ENODATA", LgetXattr("l", "user.a"));
        t.Is(0, FsetXattr(fd, "user.b", "2"));
        t.Equal("user.a user.b", ListXattr("f"));
        t.Equal("user.a user.b", FlistXattr(fd));
        t.Equal("user.a user.b", ListXattr("l"));
        t.Is(0, LlistXattr("l", new byte[100]));
        t.Is(0, FremoveXattr(fd, "user.a"));
        t.Is(0, RemoveXattr("l", "user.b"));
        t.Equal("", ListXattr("f"));
        t.Is(EBADF, FsetXattr(9999, "user.a", "v"));
        t.Is(EBADF, FgetXattr(9999, "user.a", []));
        t.Is(EBADF, FlistXattr(9999, []));
        t.Is(EBADF, FremoveXattr(9999, "user.a"));
    }

    public static void CreateAndReplace(Case t)
    {
        foreach (string type in new[] { "regular", "directory" })
        {
            foreach (string name in t.Lacks(Difference.SecurityXattrs) ? ["user.a", "trusted.a"] : new[] { "user.a", "trusted.a", "security.a" })
            {
                t.Context = $"{type} {name}";
                t.Make(type, $"{type}.{name}");
                string f = $"{type}.{name}";
                t.Is(ENODATA, SetXattr(f, name, "1", XATTR_REPLACE));
                t.Is(0, SetXattr(f, name, "1", XATTR_CREATE));
                t.Is(EEXIST, SetXattr(f, name, "2", XATTR_CREATE));
                t.Equal("1", GetXattr(f, name));
                t.Is(0, SetXattr(f, name, "3", XATTR_REPLACE));
                t.Equal("3", GetXattr(f, name));
                t.Is(0, SetXattr(f, name, "4"));
                t.Is(EINVAL, SetXattr(f, name, "5", 4));
                t.OneOf([EINVAL, EEXIST], SetXattr(f, name, "5", XATTR_CREATE | XATTR_REPLACE));
                t.Equal("4", GetXattr(f, name));
                t.Is(0, RemoveXattr(f, name));
                t.Is(ENODATA, RemoveXattr(f, name));
                t.Equal("ENODATA", GetXattr(f, name));
            }
        }
    }

    public static void SizesAreAskedFor(Case t)
    {
        t.File("f");
        t.Is(0, ListXattr("f", []));
        t.Is(0, SetXattr("f", "user.a", "12345"));
        t.Is(0, SetXattr("f", "user.bcd", "1"));
        t.Is(5, GetXattr("f", "user.a", []));
        t.Is(ERANGE, GetXattr("f", "user.a", new byte[4]));
        t.Is(5, GetXattr("f", "user.a", new byte[5]));
        t.Is(5, GetXattr("f", "user.a", new byte[500]));
        t.Is(16, ListXattr("f", []));
        t.Is(ERANGE, ListXattr("f", new byte[15]));
        t.Is(16, ListXattr("f", new byte[16]));
        t.Is(0, SetXattr("f", "user.empty", ""));
        t.Is(0, GetXattr("f", "user.empty", []));
        t.Is(0, GetXattr("f", "user.empty", new byte[5]));
        t.Equal("user.a user.bcd user.empty", ListXattr("f"));
    }

    public static void NamesHaveTheirSpaces(Case t)
    {
        t.File("f");
        t.Is(EOPNOTSUPP, SetXattr("f", "other.a", "v"));
        t.Is(EOPNOTSUPP, SetXattr("f", "a", "v"));
        t.Is(EOPNOTSUPP, SetXattr("f", "users.a", "v"));
        t.Is(EOPNOTSUPP, SetXattr("f", "system.other", "v"));
        t.Is(ERANGE, SetXattr("f", "", "v"));
        t.Is(EINVAL, SetXattr("f", "user.", "v"));
        t.Is(EINVAL, SetXattr("f", "trusted.", "v"));
        t.Is(EOPNOTSUPP, GetXattr("f", "other.a", []));
        t.Is(EOPNOTSUPP, GetXattr("f", "a", []));
        t.Is(EOPNOTSUPP, RemoveXattr("f", "other.a"));
        t.Is(ERANGE, GetXattr("f", "", []));
        t.Is(0, SetXattr("f", "user." + new string('n', 250), "long"));
        t.Equal("long", GetXattr("f", "user." + new string('n', 250)));
        t.Is(ERANGE, SetXattr("f", "user." + new string('n', 251), "v"));
        t.Is(ERANGE, GetXattr("f", "user." + new string('n', 251), []));
        t.Is(ERANGE, RemoveXattr("f", "user." + new string('n', 251)));
        t.Is(0, SetXattr("f", "user.\xff\n", "bytes"));
        t.Equal("bytes", GetXattr("f", "user.\xff\n"));
        t.Is(0, SetXattr("f", "user.a.b.c", "dots"));
        t.Equal("ENODATA", GetXattr("f", "user.A.b.c"));
    }

    public static void LargeValues(Case t)
    {
        t.File("f");
        t.Is(E2BIG, SetXattr("f", "user.a", new string('x', 65_537)));
        t.Equal("ENODATA", GetXattr("f", "user.a"));
        t.Is(0, SetXattr("f", "user.a", new string('x', 3000)));
        t.Is(3000, GetXattr("f", "user.a", []));
        if (t.Has(Difference.LargeXattrs))
        {
            t.Is(0, SetXattr("f", "user.a", new string('y', 60_000)));
            t.True(GetXattr("f", "user.a") == new string('y', 60_000));
            t.Is(0, SetXattr("f", "user.b", new string('z', 65_536)));
            t.Is(65_536, GetXattr("f", "user.b", []));
        }
        else
        {
            t.OneOf([ENOSPC, E2BIG], SetXattr("f", "user.a", new string('y', 60_000)));
            t.True(GetXattr("f", "user.a") == new string('x', 3000));
        }
    }

    public static void FiftyAttributes(Case t)
    {
        t.File("f");
        for (int attribute = 0; attribute < 50; attribute++)
        {
            t.Is(0, SetXattr("f", $"user.{attribute:00}", $"{attribute}"));
        }

        t.Equal(string.Join(' ', Enumerable.Range(0, 50).Select(attribute => $"user.{attribute:00}")), ListXattr("f"));
        for (int attribute = 0; attribute < 50; attribute += 2)
        {
            t.Is(0, RemoveXattr("f", $"user.{attribute:00}"));
        }

        t.Equal(string.Join(' ', Enumerable.Range(0, 25).Select(attribute => $"user.{attribute * 2 + 1:00}")), ListXattr("f"));
        t.Equal("49", GetXattr("f", "user.49"));
    }

    public static void TrustedIsRoots(Case t)
    {
        t.File("f", 666);
        t.Own("f", 1001, 1001);
        t.Is(0, SetXattr("f", "trusted.a", "secret"));
        t.Is(0, SetXattr("f", "user.a", "open"));
        t.Equal("trusted.a user.a", ListXattr("f"));
        t.As(User.Alice, () =>
        {
            t.Is(EPERM, SetXattr("f", "trusted.b", "v"));
            t.Is(ENODATA, GetXattr("f", "trusted.a", []));
            t.Is(EPERM, RemoveXattr("f", "trusted.a"));
            t.Is(0, SetXattr("f", "user.b", "v"));
            t.Is(0, RemoveXattr("f", "user.b"));
        });
        if (t.Has(Difference.HiddenXattrs))
        {
            t.As(User.Alice, () => t.Equal("user.a", ListXattr("f")));
        }

        t.Equal("secret", GetXattr("f", "trusted.a"));
    }

    public static void SecurityIsRootsAndShownToAll(Case t)
    {
        t.File("f", 666);
        t.Own("f", 1001, 1001);
        if (!t.Has(Difference.SecurityXattrs))
        {
            t.Is(EOPNOTSUPP, SetXattr("f", "security.a", "v"));
            t.Is(ENODATA, GetXattr("f", "security.a", []));
            return;
        }

        t.Is(0, SetXattr("f", "security.a", "shown"));
        t.As(User.Alice, () =>
        {
            t.Is(EPERM, SetXattr("f", "security.a", "v"));
            t.Is(EPERM, RemoveXattr("f", "security.a"));
            t.Equal("shown", GetXattr("f", "security.a"));
            t.Equal("security.a", ListXattr("f"));
        });
        t.Is(0, RemoveXattr("f", "security.a"));
        t.Make("fifo", "p");
        t.Is(0, SetXattr("p", "security.a", "w"));
        t.Equal("security.a", ListXattr("p"));
    }

    public static void SpecialFilesHaveNoneOfUsers(Case t)
    {
        foreach (string type in new[] { "fifo", "socket", "character", "block" })
        {
            t.Context = type;
            t.Make(type, type);
            t.Is(EPERM, SetXattr(type, "user.a", "v"));
            t.Is(ENODATA, GetXattr(type, "user.a", []));
            t.Is(EPERM, RemoveXattr(type, "user.a"));
            t.Is(0, SetXattr(type, "trusted.a", "v"));
            t.Equal("v", GetXattr(type, "trusted.a"));
            t.Equal("trusted.a", ListXattr(type));
            t.Is(0, RemoveXattr(type, "trusted.a"));
        }

        Symlink("nowhere", "l");
        t.Is(EPERM, LsetXattr("l", "user.a", "v"));
        if (t.Has(Difference.LinkXattrs))
        {
            t.Is(0, LsetXattr("l", "trusted.a", "v"));
            t.Equal("v", LgetXattr("l", "trusted.a"));
            t.Is(0, LremoveXattr("l", "trusted.a"));
        }
    }

    public static void InAStickyDirectoryOnlyItsOwnerSetsThem(Case t)
    {
        t.Folder("d", 1777);
        t.As(User.Alice, () =>
        {
            t.Is(EPERM, SetXattr("d", "user.a", "v"));
            t.Is(EPERM, RemoveXattr("d", "user.a"));
        });
        t.Own("d", 1001, 1001);
        t.As(User.Alice, () => t.Is(0, SetXattr("d", "user.a", "v")));
    }

    public static void TheyFollowTheFile(Case t)
    {
        t.File("f");
        t.Is(0, SetXattr("f", "user.a", "v"));
        t.Is(0, Rename("f", "g"));
        t.Equal("v", GetXattr("g", "user.a"));
        t.Is(0, Link("g", "h"));
        t.Equal("v", GetXattr("h", "user.a"));
        t.Is(0, Unlink("g"));
        t.Is(0, Truncate("h", 0));
        t.Is(0, Chmod("h", O(600)));
        t.Equal("v", GetXattr("h", "user.a"));
        t.File("i");
        t.Is(0, Rename("i", "h"));
        t.Equal("", ListXattr("h"));
    }

    public static void AccessControlLists(Case t)
    {
        const string name = "system.posix_acl_access";
        string entries = "\x02\0\0\0" + Entry(1, 6) + Entry(2, 7, 1001) + Entry(4, 0) + Entry(16, 7) + Entry(32, 0);
        t.File("f", 600, "content");
        if (!t.Has(Difference.Acl))
        {
            t.Is(EOPNOTSUPP, SetXattr("f", name, entries));
            t.Is(EOPNOTSUPP, GetXattr("f", name, []));
            t.Mode(600, t.Stat("f"));
            return;
        }

        t.Is(0, SetXattr("f", name, entries));
        t.Equal(entries, GetXattr("f", name));
        t.Mode(670, t.Stat("f"));
        t.As(User.Alice, () => t.Equal("content", t.Content("f")));
        t.As(User.Bob, () => t.Is(EACCES, Open("f", O_RDONLY)));
        t.Is(0, RemoveXattr("f", name));
        t.As(User.Alice, () => t.Is(EACCES, Open("f", O_RDONLY)));
    }

    private static string Entry(int tag, int permissions, uint id = uint.MaxValue) =>
        Text([(byte)tag, 0, (byte)permissions, 0, (byte)id, (byte)(id >> 8), (byte)(id >> 16), (byte)(id >> 24)]);
}
