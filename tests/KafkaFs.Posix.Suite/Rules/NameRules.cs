using KafkaFs.Posix.Suite.Running;
using static KafkaFs.Posix.Suite.Calls.Constants;
using static KafkaFs.Posix.Suite.Calls.Errno;
using static KafkaFs.Posix.Suite.Calls.Sys;

namespace KafkaFs.Posix.Suite.Rules;

/// <summary>Names are bytes, any but NUL and a slash, up to 255.</summary>
[Syscall("name")]
internal static class NameRules
{
    public static void EveryByteIsAName(Case t)
    {
        for (int value = 1; value < 256; value++)
        {
            if (value is '.' or '/')
            {
                continue;
            }

            t.Is(0, PathCall.Opened(Open($"{(char)value}", O_CREAT | O_EXCL | O_WRONLY, O(644))));
        }

        t.Is(253, t.Entries(".").Count(entry => entry.Name is not ("." or "..")));
        t.True(t.Names(".") == string.Join(' ', Enumerable.Range(1, 255).Where(value => value is not ('.' or '/')).Select(value => $"{(char)value}")));
    }

    public static void StrangeNames(Case t)
    {
        string[] names = ["...", ".hidden", "..x", "-rf", "a b", " ", "\n", "a\nb", "\xc3\xa4", "a\xcc\x88", "\xff\xfe\xfd", "\xed\xa0\x80", "*", "?", "\\", "\"", "'", "$x", "`", "con", "nul.txt", "a:b", "A", "a", new string('n', 255), new string('\xff', 255)];
        foreach (string name in names)
        {
            t.Context = name;
            t.Is(0, PathCall.Opened(Open(name, O_CREAT | O_EXCL | O_WRONLY, O(644))));
            t.Is(0, Stat(name, out _));
            t.True(t.Entries(".").Any(entry => entry.Name == name));
        }

        t.Context = "";
        t.Is(names.Length + 2, t.Entries(".").Count);
        foreach (string name in names)
        {
            t.Context = name;
            t.Is(0, Rename(name, "renamed"));
            t.Is(0, Rename("renamed", name));
            t.Is(0, Unlink(name));
            t.Is(0, Mkdir(name, O(755)));
            t.Is(0, Symlink(name, name + "/l"));
            t.Equal(name, ReadLink(name + "/l"));
        }
    }

    public static void A255ByteNameInEveryCall(Case t)
    {
        string name = new('x', 255), other = new('y', 255);
        t.Is(0, Mkdir(name, O(755)));
        t.Is(0, Rename(name, other));
        t.Is(0, Rmdir(other));
        t.Is(0, Mknod(name, S_IFIFO | O(644)));
        t.Is(0, Link(name, other));
        t.Is(0, Unlink(name));
        t.Is(0, Symlink(name, name));
        t.Is(0, RenameAt2(name, other, RENAME_EXCHANGE));
        t.Is(0, Unlink(name));
        t.Is(0, Unlink(other));
        t.Is(0, PathCall.Opened(Creat(name, O(644))));
        t.Equal(name, t.Names("."));
        t.Is(ENAMETOOLONG, Rename(name, name + "x"));
        t.Is(ENAMETOOLONG, Link(name, name + "x"));
        t.Is(ENAMETOOLONG, Symlink("a", name + "x"));
        t.Is(ENAMETOOLONG, Stat(new string('z', 1000), out _));
        t.Is(ENAMETOOLONG, Stat(new string('z', 2000), out _));
        t.Is(ENAMETOOLONG, Mkdir(new string('z', 4000), O(755)));
    }

    public static void NamesThatDifferInCaseDiffer(Case t)
    {
        t.File("name", 644, "1");
        t.File("Name", 644, "2");
        t.File("NAME", 644, "3");
        t.Equal("1", t.Content("name"));
        t.Equal("2", t.Content("Name"));
        t.Equal("3", t.Content("NAME"));
        t.Equal("ENOENT", t.Content("nAME"));
    }

    public static void AMissingNameIsSeenOnceItIsThere(Case t)
    {
        foreach (PathCall call in PathCall.Making)
        {
            t.Context = call.Name;
            t.File("path.source");
            t.Is(ENOENT, Lstat("new", out _));
            t.Is(0, call.Call("new"));
            t.Is(0, Lstat("new", out _));
            t.Is(0, Unlink("new") == 0 ? 0 : Rmdir("new"));
            t.Is(ENOENT, Lstat("new", out _));
            Unlink("path.source");
        }
    }
}
