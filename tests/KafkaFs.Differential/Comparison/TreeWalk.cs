using System.Text;
using KafkaFs.Differential.Calls;
using KafkaFs.Differential.Sides;

namespace KafkaFs.Differential.Comparison;

/// <summary>Compares two subtrees whole: names, types, attributes, extended attributes, contents, and which names are one file.</summary>
internal sealed class TreeWalk(PairOfSides pair)
{
    private const int DifferencesMax = 20;
    private readonly Dictionary<ulong, ulong> _subjectOf = [];
    private readonly Dictionary<ulong, ulong> _referenceOf = [];
    private readonly List<string> _differences = [];

    /// <summary>What differs, at most 20.</summary>
    public List<string> Compare()
    {
        Walk(".");
        return _differences;
    }

    /// <summary>Gives every file whose mtime the mapping made uncertain a certain one.</summary>
    public void SettleTimes()
    {
        Settle(".");
        pair.EndUncertainty();
    }

    private void Walk(string directory)
    {
        foreach (string name in Names(directory))
        {
            if (_differences.Count >= DifferencesMax)
            {
                return;
            }

            string path = directory == "." ? name : directory + "/" + name;
            Ask(new Call { Kind = CallKind.Lstat, Path = path }, out Outcome got, out Outcome expected);
            if (got.Stat is { } stat && expected.Stat is { } wanted && stat.Mode == wanted.Mode)
            {
                CompareLinks(path, stat, wanted);
                CompareMore(path, wanted);
            }
        }
    }

    private void CompareMore(string path, in StatFields stat)
    {
        const uint typeMask = 0xf000, link = 0xa000;
        CompareXattrs(path);
        if (stat.IsDirectory)
        {
            Walk(path);
        }
        else if (stat.IsFile)
        {
            Ask(new Call { Kind = CallKind.Content, Path = path }, out _, out _);
        }
        else if ((stat.Mode & typeMask) == link)
        {
            Ask(new Call { Kind = CallKind.Readlink, Path = path }, out _, out _);
        }
    }

    private void CompareXattrs(string path)
    {
        Ask(new Call { Kind = CallKind.ListXattr, Path = path }, out _, out Outcome expected);
        if (expected.Bytes == 0)
        {
            return;
        }

        foreach (string name in Encoding.Latin1.GetString(pair.Reference.Read(expected)).Split('\0'))
        {
            Ask(new Call { Kind = CallKind.GetXattr, Path = path, Path2 = name, Length = 1 << 16 }, out _, out _);
        }
    }

    private void CompareLinks(string path, in StatFields got, in StatFields expected)
    {
        bool added = _subjectOf.TryAdd(expected.Ino, got.Ino) & _referenceOf.TryAdd(got.Ino, expected.Ino);
        if (!added && (_subjectOf.GetValueOrDefault(expected.Ino) != got.Ino || _referenceOf.GetValueOrDefault(got.Ino) != expected.Ino))
        {
            _differences.Add($"{CallText.Escape(path)}: is the same file as others than in the reference");
        }
    }

    private string[] Names(string directory)
    {
        Ask(new Call { Kind = CallKind.List, Path = directory }, out _, out Outcome expected);
        return expected.Bytes == 0 ? [] : Encoding.Latin1.GetString(pair.Reference.Read(expected)).Split('\0');
    }

    private void Ask(Call question, out Outcome got, out Outcome expected)
    {
        if (pair.Ask(question, out got, out expected) is { } difference)
        {
            _differences.Add($"{CallText.Format(question)}: {difference}");
        }
    }

    private void Settle(string directory)
    {
        Outcome listed = pair.Reference.Execute(new Call { Kind = CallKind.List, Path = directory });
        string[] names = listed.Bytes == 0 ? [] : Encoding.Latin1.GetString(pair.Reference.Read(listed)).Split('\0');
        foreach (string name in names)
        {
            string path = directory == "." ? name : directory + "/" + name;
            Outcome stat = pair.Reference.Execute(new Call { Kind = CallKind.Lstat, Path = path });
            if (stat.Stat is { IsDirectory: true })
            {
                Settle(path);
            }
            else if (pair.HasUncertainTime(stat))
            {
                Call times = new() { Kind = CallKind.Utimens, Path = path, Value = 1_000_000_007, Value2 = 1_000_000_009, Flags = Native.Linux.AT_SYMLINK_NOFOLLOW };
                _ = (pair.Subject.Execute(times), pair.Reference.Execute(times));
            }
        }
    }
}
