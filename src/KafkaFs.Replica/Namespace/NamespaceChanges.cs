namespace KafkaFs.Replica.Namespace;

/// <summary>Which rows were changed, made or removed since a freeze, and the slot each was in last. Not thread-safe.</summary>
internal sealed class NamespaceChanges
{
    private readonly Dictionary<long, int>[] _rows = [[], [], []];

    /// <summary>Masters that started a session.</summary>
    public HashSet<Guid> Masters { get; } = [];

    /// <summary>Rows of all tables.</summary>
    public int Count => _rows[0].Count + _rows[1].Count + _rows[2].Count + Masters.Count;

    /// <summary>The keys of a table, each with its slot: that of the inode for <see cref="NamespaceTable.Xattrs"/>. Keys never return, so the slot is the only one.</summary>
    public Dictionary<long, int> this[NamespaceTable table] => _rows[(int)table];
}
