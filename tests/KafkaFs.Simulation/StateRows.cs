using KafkaFs.Journal;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.Simulation;

/// <summary>Everything that a namespace holds as lines of text, one a fact, so that two of them can be compared.</summary>
internal static class StateRows
{
    /// <summary>The first lines that only one of the two has.</summary>
    public static IEnumerable<string> Differences(NamespaceState one, NamespaceState other)
    {
        List<string> left = [.. Lines(one)], right = [.. Lines(other)];
        return left.Except(right).Select(line => $"lost: {line}").Concat(right.Except(left).Select(line => $"new: {line}")).Take(10);
    }

    /// <summary>All of it.</summary>
    public static IEnumerable<string> Lines(NamespaceState state)
    {
        IEnumerable<string> sessions = state.Sessions.Select(pair => $"session {pair.Key}: {pair.Value}");
        IEnumerable<string> runs = state.LastRuns.Select(pair => $"master {pair.Key}: run {pair.Value}");
        IEnumerable<string> inodes = state.InodeRows().Select(row =>
            $"inode {row.Inode}: {row.Attributes} birth {row.Birth} identity {Hex(row.Identity)} target {Hex(row.Target)}");
        IEnumerable<string> entries = state.EntryRows().Select(row => $"entry {row.Cookie}: {row.Parent}/{Hex(row.Name)} is {row.Inode}");
        IEnumerable<string> xattrs = state.XattrRows().Select(row => $"xattr {row.Inode} {Hex(row.Name)}: {Hex(row.Value)}");
        IEnumerable<string> orders = state.InodeRows().Select(row => $"order of {row.Inode}: {Orders(state, row.Inode)}");
        return [state.Totals.ToString(), .. sessions, .. runs, .. inodes, .. entries, .. xattrs, .. orders];
    }

    // readdir goes by the links between the entries, listxattr by those between the attributes.
    private static string Orders(NamespaceState state, FileId inode)
    {
        Span<byte> names = new byte[65_536];
        string order = Hex(names[..state.ListXattrs(inode, names)]);
        DirectoryCursor cursor = new(inode, 0);
        while (state.TryReadEntry(ref cursor, out DirectoryEntry entry))
        {
            order += $" {entry.Cookie}";
        }

        return order;
    }

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexString(bytes);
}
