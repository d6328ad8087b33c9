using KafkaFs.Posix.Suite.Running;
using static KafkaFs.Posix.Suite.Calls.Constants;
using static KafkaFs.Posix.Suite.Calls.Errno;
using static KafkaFs.Posix.Suite.Calls.Sys;

namespace KafkaFs.Posix.Suite.Rules;

/// <summary>getdents64(2): what opendir, readdir, telldir, seekdir and rewinddir are made of.</summary>
[Syscall("readdir")]
internal static class ReadDirectoryRules
{
    public static void EveryNameOnceWithItsInode(Case t)
    {
        t.Folder("d");
        foreach (string type in Case.Types)
        {
            t.Make(type, "d/" + type);
        }

        IReadOnlyList<DirectoryEntry> entries = t.Entries("d");
        t.Equal(entries.Count, entries.Select(entry => entry.Name).Distinct().Count());
        foreach (DirectoryEntry entry in entries)
        {
            t.Context = entry.Name;
            t.Equal(t.Lstat("d/" + entry.Name).Inode, entry.Inode);
            t.Equal(t.Lstat("d/" + entry.Name).Type >> 12, entry.Type);
        }

        t.Context = "";
        t.Equal(1, entries.Count(entry => entry.Name == "."));
        t.Equal(1, entries.Count(entry => entry.Name == ".."));
        t.Equal(entries.Count, entries.Select(entry => entry.Cookie).Distinct().Count());
    }

    public static void TenThousandNames(Case t)
    {
        const int count = 10_000;
        t.Folder("d");
        long directory = t.Open("d", O_PATH);
        long failed = 0;
        for (int entry = 0; entry < count; entry++)
        {
            failed += MknodAt(directory, $"entry-{entry}", S_IFREG | O(644)) < 0 ? 1 : 0;
        }

        t.Is(0, failed);
        IReadOnlyList<DirectoryEntry> entries = t.Entries("d");
        t.Is(count + 2, entries.Count);
        t.Is(count + 2, entries.Select(entry => entry.Name).Distinct().Count());
        t.Is(0, Stat("d/entry-9999", out _));
        t.Is(ENOTEMPTY, Rmdir("d"));

        // All are removed while the directory is read, as rm -r does.
        long fd = t.Open("d", O_RDONLY | O_DIRECTORY);
        int removed = 0;
        for (List<DirectoryEntry> part = []; Case.ReadEntries(fd, 32_768, part) > 0; part.Clear())
        {
            removed += part.Count(entry => UnlinkAt(directory, entry.Name) == 0);
        }

        t.Is(count, removed);
        t.Equal("", t.Names("d"));
        t.Is(0, Rmdir("d"));
    }

    public static void CookiesLeadBack(Case t)
    {
        Fill(t, 300);
        long fd = t.Open("d", O_RDONLY | O_DIRECTORY);
        List<DirectoryEntry> all = [];
        while (Case.ReadEntries(fd, 1000, all) > 0)
        {
        }

        t.Is(302, all.Count);
        foreach (int at in new[] { 0, 1, 2, 10, 100, 200, 299, 300, 301 })
        {
            t.Context = $"{at}";
            t.Is(all[at].Cookie, Lseek(fd, all[at].Cookie, SEEK_SET));
            List<DirectoryEntry> rest = [];
            while (Case.ReadEntries(fd, 4000, rest) > 0)
            {
            }

            t.True(rest.Select(entry => entry.Name).SequenceEqual(all.Skip(at + 1).Select(entry => entry.Name)));
        }

        t.Context = "";
        t.Is(0, Lseek(fd, 0, SEEK_SET));
        List<DirectoryEntry> again = [];
        while (Case.ReadEntries(fd, 32_768, again) > 0)
        {
        }

        t.True(again.SequenceEqual(all));
    }

    public static void RewindingShowsWhatIsNew(Case t)
    {
        Fill(t, 3);
        long fd = t.Open("d", O_RDONLY | O_DIRECTORY);
        t.Equal(". .. f0 f1 f2", Rest(fd));
        t.Equal("", Rest(fd));
        t.File("d/new");
        Unlink("d/f1");
        Rename("d/f2", "d/renamed");
        t.Is(0, Lseek(fd, 0, SEEK_SET));
        t.Equal(". .. f0 new renamed", Rest(fd));
    }

    public static void WhatStaysIsReadOnceWhileOthersChange(Case t)
    {
        Fill(t, 500);
        long fd = t.Open("d", O_RDONLY | O_DIRECTORY);
        List<DirectoryEntry> read = [];
        Case.ReadEntries(fd, 2000, read);
        HashSet<string> early = [.. read.Select(entry => entry.Name)];
        string[] late = [.. Enumerable.Range(0, 500).Select(entry => $"f{entry}").Where(name => !early.Contains(name))];
        for (int change = 0; change < 50; change++)
        {
            t.File($"d/new{change}");
            t.Is(0, Unlink($"d/{late[change]}"));
            t.Is(0, Rename($"d/{late[change + 100]}", $"d/renamed{change}"));
        }

        while (Case.ReadEntries(fd, 2000, read) > 0)
        {
        }

        string[] names = [.. read.Select(entry => entry.Name)];
        string[] stayed = [.. Enumerable.Range(0, 500).Select(entry => $"f{entry}").Except(late[..50]).Except(late[100..150])];
        foreach (string name in stayed)
        {
            t.Is(1, names.Count(other => other == name));
        }

        t.True(names.Length == names.Distinct().Count());
    }

    public static void RenamingWhileReadingEnds(Case t)
    {
        Fill(t, 200);
        long fd = t.Open("d", O_RDONLY | O_DIRECTORY);
        int renamed = 0;
        for (List<DirectoryEntry> part = []; renamed < 5000 && Case.ReadEntries(fd, 1000, part) > 0; part.Clear())
        {
            foreach (DirectoryEntry entry in part.Where(entry => entry.Name is not ("." or "..")))
            {
                Rename("d/" + entry.Name, $"d/r{renamed++}");
            }
        }

        t.True(renamed is >= 200 and < 5000);
        t.Is(202, t.Entries("d").Count);
    }

    // Whoever has listed it meanwhile, and whatever changes while it is read anew.
    public static void RewoundItGivesWhatWasMadeSinceItWasOpened(Case t)
    {
        const int count = 2_000;
        t.Folder("d");
        long fd = t.Open("d", O_RDONLY | O_DIRECTORY), directory = t.Open("d", O_PATH);
        for (int entry = 0; entry < count; entry++)
        {
            MknodAt(directory, $"entry-{entry}", S_IFREG | O(644));
        }

        t.Is(count + 2, t.Entries("d").Count);
        t.Is(0, Lseek(fd, 0, SEEK_SET));
        List<DirectoryEntry> entries = [];
        Case.ReadEntries(fd, 4_096, entries);
        t.File("d/another");
        long other = t.Open("d", O_RDONLY | O_DIRECTORY);
        Case.ReadEntries(other, 4_096, []);
        while (Case.ReadEntries(fd, 4_096, entries) > 0)
        {
        }

        t.Is(count + 2, entries.Count(entry => entry.Name != "another"));
    }

    public static void ABufferThatIsTooSmallIsEINVAL(Case t)
    {
        t.Folder("d");
        t.File("d/" + new string('n', 255));
        long fd = t.Open("d", O_RDONLY | O_DIRECTORY);
        t.Is(EINVAL, Getdents(fd, new byte[10]));
        long result;
        List<DirectoryEntry> entries = [];
        while ((result = Case.ReadEntries(fd, 64, entries)) > 0)
        {
        }

        t.Is(EINVAL, result);
        while (Case.ReadEntries(fd, 300, entries) > 0)
        {
        }

        t.Is(3, entries.Count);
    }

    public static void TwoReadersAreIndependent(Case t)
    {
        Fill(t, 20);
        long first = t.Open("d", O_RDONLY | O_DIRECTORY), second = t.Open("d", O_RDONLY | O_DIRECTORY), same = t.Keep(Dup(first));
        List<DirectoryEntry> one = [];
        Case.ReadEntries(first, 200, one);
        t.True(one.Count is > 0 and < 22);
        t.Is(22, Rest(second).Split(' ').Length);
        t.Is(22 - one.Count, Rest(same).Split(' ').Length);
        t.Equal("", Rest(first));
        t.Is(0, Lseek(same, 0, SEEK_SET));
        t.Is(22, Rest(first).Split(' ').Length);
    }

    public static void DotDotIsTheParent(Case t)
    {
        t.Folder("a");
        t.Folder("b");
        t.Folder("a/d");
        t.Equal(t.Stat("a").Inode, t.Entries("a/d").Single(entry => entry.Name == "..").Inode);
        t.Is(0, Rename("a/d", "b/d"));
        t.Equal(t.Stat("b").Inode, t.Entries("b/d").Single(entry => entry.Name == "..").Inode);
        t.Equal(t.Stat("b/d").Inode, t.Entries("b/d").Single(entry => entry.Name == ".").Inode);
    }

    private static void Fill(Case t, int count)
    {
        t.Folder("d");
        for (int entry = 0; entry < count; entry++)
        {
            t.File($"d/f{entry}");
        }
    }

    private static string Rest(long fd)
    {
        List<DirectoryEntry> entries = [];
        while (Case.ReadEntries(fd, 32_768, entries) > 0)
        {
        }

        return string.Join(' ', entries.Select(entry => entry.Name).Order(StringComparer.Ordinal));
    }
}
