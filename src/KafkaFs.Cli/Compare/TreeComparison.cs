using KafkaFs.Posix;
using KafkaFs.Posix.Files;

namespace KafkaFs.Cli.Compare;

/// <summary>
/// Compares two trees by everything that two replicas at one position have the same: names, types, contents, sizes, modes, owners,
/// mtimes, which names are one file, targets, device numbers, xattrs; of two mounts also FileIds, ctimes, btimes, directory link counts
/// and the roots. <see cref="ComparisonRules"/> has the exceptions. For one thread.
/// </summary>
internal sealed class TreeComparison : IDisposable
{
    private readonly Action<string> _report;
    private readonly ComparedTree _first;
    private readonly ComparedTree _second;
    private readonly ContentComparison _contents;
    private readonly Dictionary<(uint, uint, ulong), (uint, uint, ulong)> _links = [];

    /// <summary>Opens both trees; <paramref name="report"/> gets a line for each difference. Throws IOException if one cannot be opened.</summary>
    public TreeComparison(string first, string second, Action<string> report)
    {
        _report = report;
        _first = ComparedTree.Open(first);
        _second = ComparedTree.Open(second);
        _contents = new ContentComparison(_first, _second);
        Rules = new ComparisonRules(_first, _second);
    }

    public ComparisonRules Rules { get; }

    public long Entries { get; private set; }

    public long Files { get; private set; }

    public long Bytes => _contents.Bytes;

    public long Differences { get; private set; }

    /// <summary>Entries that could not be read in one of the trees; they were reported, and are neither equal nor different.</summary>
    public long Unreadable { get; private set; }

    /// <summary>What was found, for people.</summary>
    public string Summary
    {
        get
        {
            string result = (Differences, Unreadable) switch
            {
                (0, 0) => "equal",
                (0, _) => "no difference in what could be read",
                (1, _) => "1 difference",
                _ => $"{Differences} differences",
            };
            string unreadable = Unreadable == 0 ? "" : $", {Unreadable} could not be read";
            string skipped = Rules.Skipped is string words ? $" ({words})" : "";
            return $"{Entries} entries, {Files} files, {Bytes} bytes: {result}{unreadable}{skipped}";
        }
    }

    /// <summary>Reports each difference and each entry that cannot be read, in the order of paths.</summary>
    public void Run()
    {
        if (Rules.ComparesNamespace)
        {
            Guard([], () => CompareAttributes([], _first.Root, _first.Attributes, _second.Root, _second.Attributes));
        }

        Compare(_first.Root, _second.Root, [], isRoot: true);
    }

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
    }

    private void Compare(SafeFd first, SafeFd second, byte[] path, bool isRoot)
    {
        SortedSet<byte[]> one = [], other = [];
        if (!Guard(path, () => (one, other) = (_first.Names(first, isRoot), _second.Names(second, isRoot))))
        {
            return;
        }

        SortedSet<byte[]> all = new(one, ByteOrder.Instance);
        all.UnionWith(other);
        foreach (byte[] name in all)
        {
            byte[] below = path.Length == 0 ? name : [.. path, (byte)'/', .. name];
            bool inFirst = one.Contains(name), inSecond = other.Contains(name);
            if (inFirst && inSecond)
            {
                Guard(below, () => CompareEntry(first, second, name, below));
            }
            else if (!isRoot || !IsFileSystemsOwn(inFirst ? _first : _second, name))
            {
                Differ(below, inFirst ? "only in the first" : "only in the second");
            }
        }
    }

    private static bool IsFileSystemsOwn(ComparedTree tree, byte[] name) =>
        FileCalls.Stat(tree.Root, name, out StatxResult stat) == Errno.None && ComparisonRules.IsFileSystemsOwn(name, stat);

    private void CompareEntry(SafeFd first, SafeFd second, byte[] name, byte[] path)
    {
        Entries++;
        using SafeFd one = _first.OpenPath(first, name);
        using SafeFd other = _second.OpenPath(second, name);
        StatxResult a = _first.Stat(one), b = _second.Stat(other);
        bool placeholder = Rules.StandsForDevice(a, b);
        if (a.Type != b.Type && !placeholder)
        {
            Differ(path, $"{FileKind.Words(a.Type)} and {FileKind.Words(b.Type)}");
            return;
        }

        CompareAttributes(path, one, a, other, b);
        switch (a.Type)
        {
            case FileKind.Directory:
                using (SafeFd below = _first.OpenDirectory(first, name), belowOther = _second.OpenDirectory(second, name))
                {
                    Compare(below, belowOther, path, isRoot: false);
                }

                break;
            case FileKind.Regular when !placeholder:
                CompareContents(path, one, a, other, b);
                break;
            case FileKind.Symlink:
                CompareTargets(path, one, a, other, b);
                break;
        }
    }

    private void CompareAttributes(byte[] path, SafeFd one, in StatxResult a, SafeFd other, in StatxResult b)
    {
        if (a.Type != FileKind.Symlink)
        {
            DifferUnless(Rules.Mode(a) == Rules.Mode(b), path, $"mode {Convert.ToString(a.Permissions, 8)} and {Convert.ToString(b.Permissions, 8)}");
        }

        DifferUnless(a.Mtime.TotalNs == b.Mtime.TotalNs, path, $"mtime {Words(a.Mtime)} and {Words(b.Mtime)}");
        if (Rules.ComparesOwners)
        {
            DifferUnless((a.Uid, a.Gid) == (b.Uid, b.Gid), path, $"owner {a.Uid}:{a.Gid} and {b.Uid}:{b.Gid}");
            DifferUnless(a.Rdev == b.Rdev, path, $"device {a.Rdev:x} and {b.Rdev:x}");
        }
        else if ((a.Mode, a.Uid, a.Gid, a.Rdev) != (b.Mode, b.Uid, b.Gid, b.Rdev))
        {
            Rules.HeldDifferently++;
        }

        if (a.Type != FileKind.Directory || Rules.ComparesNamespace)
        {
            CompareLinks(path, a, b);
        }

        if (Rules.ComparesNamespace)
        {
            DifferUnless(a.Inode == b.Inode, path, $"FileId {a.Inode} and {b.Inode}");
            DifferUnless(a.Ctime.TotalNs == b.Ctime.TotalNs, path, $"ctime {Words(a.Ctime)} and {Words(b.Ctime)}");
            DifferUnless(a.Btime.TotalNs == b.Btime.TotalNs, path, $"btime {Words(a.Btime)} and {Words(b.Btime)}");
        }

        if (a.Type != FileKind.Symlink)
        {
            CompareXattrs(path, one, other);
        }
    }

    // Names of one file here must be names of one file there.
    private void CompareLinks(byte[] path, in StatxResult a, in StatxResult b)
    {
        DifferUnless(a.Links == b.Links, path, $"{a.Links} and {b.Links} links");
        (uint, uint, ulong) here = (a.DevMajor, a.DevMinor, a.Inode), there = (b.DevMajor, b.DevMinor, b.Inode);
        if (a.Links > 1 && a.Type != FileKind.Directory && !_links.TryAdd(here, there) && _links[here] != there)
        {
            Differ(path, "a link to another file than in the other tree");
        }
    }

    private void CompareContents(byte[] path, SafeFd one, in StatxResult a, SafeFd other, in StatxResult b)
    {
        Files++;
        if (a.Size != b.Size)
        {
            Differ(path, $"{a.Size} and {b.Size} bytes");
        }
        else if (_contents.FindDifference(one, other, a.Size) is ulong offset)
        {
            Differ(path, $"content differs from byte {offset}");
        }
    }

    private void CompareTargets(byte[] path, SafeFd one, in StatxResult a, SafeFd other, in StatxResult b)
    {
        byte[] targetOfA = _first.Target(one), targetOfB = _second.Target(other);
        if (targetOfA.AsSpan().SequenceEqual(targetOfB))
        {
            return;
        }

        if (Rules.StandsForTarget(a, targetOfA, b, targetOfB))
        {
            Rules.LongTargets++;
        }
        else
        {
            Differ(path, $"target '{EscapedName.Of(targetOfA)}' and '{EscapedName.Of(targetOfB)}'");
        }
    }

    private void CompareXattrs(byte[] path, SafeFd one, SafeFd other)
    {
        SortedSet<byte[]> a = _first.XattrNames(one), b = _second.XattrNames(other);
        SortedSet<byte[]> all = new(a, ByteOrder.Instance);
        all.UnionWith(b);
        foreach (byte[] name in all.Where(name => Rules.HasXattr(name)))
        {
            if (!a.Contains(name) || !b.Contains(name))
            {
                Differ(path, $"xattr {EscapedName.Of(name)} only in the {(a.Contains(name) ? "first" : "second")}");
            }
            else
            {
                DifferUnless(_first.Xattr(one, name).AsSpan().SequenceEqual(_second.Xattr(other, name)), path, $"xattr {EscapedName.Of(name)} differs");
            }
        }
    }

    // One entry that cannot be read does not end the comparison.
    private bool Guard(byte[] path, Action compare)
    {
        try
        {
            compare();
            return true;
        }
        catch (UnreadableException exception)
        {
            Unreadable++;
            Say(path, exception.Message);
            return false;
        }
    }

    private void DifferUnless(bool same, byte[] path, FormattableString what)
    {
        if (!same)
        {
            Differ(path, FormattableString.Invariant(what));
        }
    }

    private void Differ(byte[] path, string what)
    {
        Differences++;
        Say(path, what);
    }

    private void Say(byte[] path, string what) => _report($"{(path.Length == 0 ? "." : EscapedName.Of(path))}: {what}");

    private static string Words(in StatxTime time) => $"{time.Seconds}.{time.Nanoseconds:d9}";
}
