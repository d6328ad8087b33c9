using KafkaFs.Posix.Suite.Calls;
using KafkaFs.Posix.Suite.Running;
using static KafkaFs.Posix.Suite.Calls.Constants;
using static KafkaFs.Posix.Suite.Calls.Errno;
using static KafkaFs.Posix.Suite.Calls.Sys;

namespace KafkaFs.Posix.Suite.Rules;

/// <summary>rename(2), renameat2(2).</summary>
[Syscall("rename")]
internal static class RenameRules
{
    private static readonly string[] s_types = [.. Case.RealTypes, "full"];

    public static void EveryTypeOverEveryType(Case t) => Matrix(t, 0, (from, to) => (IsDirectory(from), IsDirectory(to)) switch
    {
        (true, false) => ENOTDIR,
        (false, true) => EISDIR,
        _ => to == "full" ? ENOTEMPTY : 0,
    });

    public static void NoReplaceOverEveryType(Case t) => Matrix(t, RENAME_NOREPLACE, (_, _) => EEXIST);

    public static void ExchangeOfEveryType(Case t) => Matrix(t, RENAME_EXCHANGE, (_, _) => 0);

    public static void EveryTypeGetsAnotherName(Case t)
    {
        foreach (string type in Case.Types)
        {
            t.Context = type;
            t.Make(type, type);
            ulong inode = t.Lstat(type).Inode;
            t.Is(0, RenameAt2(type, "new", RENAME_NOREPLACE));
            t.Equal(inode, t.Lstat("new").Inode);
            t.Is(ENOENT, Lstat(type, out _));
            t.Folder("d." + type);
            t.Is(0, Rename("new", $"d.{type}/{type}"));
            t.Equal(inode, t.Lstat($"d.{type}/{type}").Inode);
            t.Equal(type, t.Names($"d.{type}"));
        }
    }

    public static void TwoNamesOfOneFileStay(Case t)
    {
        t.File("a", 644, "content");
        t.Is(0, Link("a", "b"));
        t.Is(0, Rename("a", "b"));
        t.Is(0, Rename("a", "a"));
        t.Is(0, RenameAt2("a", "b", RENAME_EXCHANGE));
        t.Is(EEXIST, RenameAt2("a", "b", RENAME_NOREPLACE));
        t.Is(EEXIST, RenameAt2("a", "a", RENAME_NOREPLACE));
        t.Equal("a b", t.Names("."));
        t.Equal(2ul, t.Stat("a").Links);
        t.Folder("d");
        t.Is(0, Rename("d", "d"));
        t.Is(0, Rename("d/", "d"));
    }

    public static void FlagsThatExcludeEachOther(Case t)
    {
        t.File("a");
        t.File("b");
        t.Is(EINVAL, RenameAt2("a", "b", RENAME_NOREPLACE | RENAME_EXCHANGE));
        t.Is(EINVAL, RenameAt2("a", "b", RENAME_WHITEOUT | RENAME_EXCHANGE));
        t.Is(EINVAL, RenameAt2("a", "b", 8));
        t.Is(ENOENT, RenameAt2("a", "missing", RENAME_EXCHANGE));
        t.Is(ENOENT, RenameAt2("missing", "a", RENAME_EXCHANGE));
        t.Is(ENOENT, RenameAt2("missing", "a", RENAME_NOREPLACE));
        t.Is(ENOENT, RenameAt2("missing", "a", 0));
        t.Equal("a b", t.Names("."));
    }

    public static void AWhiteoutIsLeftBehind(Case t)
    {
        t.File("a", 644, "content");
        long result = RenameAt2("a", "b", RENAME_WHITEOUT);
        if (!t.Has(Difference.Whiteout))
        {
            t.Is(EINVAL, result);
            t.Equal("a", t.Names("."));
            return;
        }

        t.Is(0, result);
        t.Equal("content", t.Content("b"));
        t.Equal(S_IFCHR, t.Lstat("a").Type);
        t.Equal(0ul, t.Lstat("a").Rdev);
    }

    public static void NotIntoItself(Case t)
    {
        t.Folder("d");
        t.Folder("d/e");
        t.Folder("d/e/f");
        t.File("d/e/file");
        t.Is(EINVAL, Rename("d", "d/new"));
        t.Is(EINVAL, Rename("d", "d/e/new"));
        t.Is(EINVAL, Rename("d", "d/e/f/new"));
        t.Is(EINVAL, Rename("d", "d/e"));
        t.Is(EINVAL, Rename("d", "d/e/file"));
        t.Is(EINVAL, RenameAt2("d", "d/e", RENAME_EXCHANGE));
        t.Is(EINVAL, RenameAt2("d/e", "d", RENAME_EXCHANGE));
        t.Is(ENOTEMPTY, Rename("d/e", "d"));
        t.Is(ENOTEMPTY, Rename("d/e/f", "d"));
        t.Is(ENOTEMPTY, Rename("d/e/file", "d/e"));
        t.Equal("e", t.Names("d"));
        t.Is(0, Rename("d/e", "e"));
        t.Is(0, Rename("d", "e/f/d"));
        t.Equal("d", t.Names("e/f"));
    }

    public static void DotsAreBusy(Case t)
    {
        t.Folder("d");
        t.Folder("d/e");
        t.Is(EBUSY, Rename("d/.", "x"));
        t.Is(EBUSY, Rename("d/..", "x"));
        t.Is(EBUSY, Rename(".", "x"));
        t.Is(EBUSY, Rename("..", "x"));
        t.Is(EBUSY, Rename("d", "d/e/."));
        t.Is(EBUSY, Rename("d/e", ".."));
        t.Is(EBUSY, Rename("d/e", "."));
        t.Is(EEXIST, RenameAt2("d/e", ".", RENAME_NOREPLACE));
    }

    public static void TrailingSlashes(Case t)
    {
        t.File("f");
        t.Folder("d");
        t.Folder("e");
        t.Is(ENOTDIR, Rename("f/", "g"));
        t.Is(ENOTDIR, Rename("f", "g/"));
        t.Is(ENOTDIR, Rename("f", "d/"));
        t.Is(ENOENT, Rename("missing/", "g"));
        t.Is(ENOENT, Rename("missing", "g/"));
        t.Is(0, Rename("d/", "g"));
        t.Is(0, Rename("g", "h/"));
        t.Is(0, Rename("h/", "e/"));
        t.Equal("e f", t.Names("."));
        Symlink("e", "l");
        t.Is(ENOTDIR, Rename("l/", "new"));
        t.Is(0, Rename("l", "new"));
    }

    public static void LinkCountsOfDirectoriesFollow(Case t)
    {
        if (!t.Has(Difference.DirectoryLinks))
        {
            return;
        }

        t.Folder("a");
        t.Folder("b");
        t.Folder("a/d");
        t.Equal(3ul, t.Stat("a").Links);
        t.Is(0, Rename("a/d", "b/d"));
        t.Equal(2ul, t.Stat("a").Links);
        t.Equal(3ul, t.Stat("b").Links);
        t.Folder("a/d");
        t.Is(0, Rename("a/d", "b/d"));
        t.Equal(2ul, t.Stat("a").Links);
        t.Equal(3ul, t.Stat("b").Links);
        t.File("a/f");
        t.Is(0, RenameAt2("a/f", "b/d", RENAME_EXCHANGE));
        t.Equal(3ul, t.Stat("a").Links);
        t.Equal(2ul, t.Stat("b").Links);
        t.Is(0, Rename("a/f", "a/g"));
        t.Equal(3ul, t.Stat("a").Links);
        t.Equal(t.Stat("a").Inode, t.Stat("a/g/..").Inode);
        t.Is(0, Rename("a/g", "g"));
        t.Equal(t.Stat(".").Inode, t.Stat("g/..").Inode);
    }

    public static void AReplacedFileLosesALink(Case t)
    {
        t.File("a", 644, "a");
        t.File("b", 644, "b");
        Link("b", "c");
        long open = t.Open("b", O_RDONLY);
        t.Is(0, Rename("a", "b"));
        t.Equal("a", t.Content("b"));
        t.Equal("b", t.Content("c"));
        t.Equal(1ul, t.Stat("c").Links);
        t.Is(0, Rename("b", "c"));
        t.Equal(0ul, t.Fstat(open).Links);
        t.Equal("b", Read(open, 10));
    }

    public static void ADirectoryOfAnotherOwnerMovesOnlyIfItIsWritable(Case t)
    {
        t.Folder("d", 777);
        t.Folder("e", 777);
        t.Folder("d/sub", 755);
        t.File("d/file", 644);
        t.As(User.Alice, () =>
        {
            // Its ".." changes.
            t.Is(EACCES, Rename("d/sub", "e/sub"));
            t.Is(0, Rename("d/sub", "d/other"));
            t.Is(0, Rename("d/file", "e/file"));
            t.Is(EACCES, RenameAt2("d/other", "e/file", RENAME_EXCHANGE));
        });
        Chmod("d/other", O(777));
        t.As(User.Alice, () => t.Is(0, Rename("d/other", "e/sub")));
    }

    public static void BothDirectoriesMustBeWritable(Case t)
    {
        t.Folder("open", 777);
        t.Folder("closed", 755);
        t.File("open/a", 666);
        t.File("closed/b", 666);
        t.As(User.Alice, () =>
        {
            t.Is(EACCES, Rename("open/a", "closed/a"));
            t.Is(EACCES, Rename("closed/b", "open/b"));
            t.Is(EACCES, Rename("closed/b", "closed/c"));
            t.Is(EACCES, Rename("closed/b", "open/a"));
            t.Is(EACCES, RenameAt2("closed/b", "open/a", RENAME_EXCHANGE));
            t.Is(EACCES, RenameAt2("open/a", "closed/b", RENAME_EXCHANGE));
            t.Is(EEXIST, RenameAt2("open/a", "closed/b", RENAME_NOREPLACE));
            t.Is(ENOENT, Rename("open/missing", "closed/x"));
        });
    }

    private static bool IsDirectory(string type) => type is "directory" or "full";

    private static void Matrix(Case t, int flags, Func<string, string, long> expected)
    {
        foreach (string from in s_types)
        {
            foreach (string to in s_types)
            {
                t.Context = $"{from} to {to}";
                Make(t, from, "from");
                Make(t, to, "to");
                (ulong first, ulong second) = (t.Lstat("from").Inode, t.Lstat("to").Inode);
                long result = expected(from, to);
                // xfs says EEXIST: rename(2) allows both.
                t.OneOf(result == ENOTEMPTY ? [ENOTEMPTY, EEXIST] : [result], RenameAt2("from", "to", flags));
                bool isThere = Lstat("from", out FileStatus left) == 0;
                t.Equal(result == 0 && flags == 0 ? 0 : result == 0 ? second : first, isThere ? left.Inode : 0);
                t.Equal(result == 0 ? first : second, t.Lstat("to").Inode);
                foreach (string name in new[] { "from", "to" })
                {
                    Unlink(name + "/child");
                    Unlink(name);
                    Rmdir(name);
                }
            }
        }
    }

    private static void Make(Case t, string type, string name)
    {
        t.Make(type == "full" ? "directory" : type, name);
        if (type == "full")
        {
            t.File(name + "/child");
        }
    }
}
