using KafkaFs.Replica.Namespace.Storage;

namespace KafkaFs.Replica.Namespace;

/// <summary>
/// What changed in a namespace between two record boundaries, with the values of the later one, although the namespace goes on:
/// a row is copied aside before its first change. It can be read any number of times, by one thread at a time, which need not be
/// the publishing one, until <see cref="Complete"/>.
/// </summary>
internal sealed class NamespaceDelta(
    NamespaceState state, NamespaceChanges changes, long? since, UInt128 stateHash, IReadOnlyList<SessionRow> sessions, IReadOnlyList<MasterRow> masters)
{
    private const int RowsPerStep = 256;

    private readonly Dictionary<long, byte[]?>[] _kept = [[], [], []];
    private readonly RowBuffer _buffer = new();
    private readonly List<(long Key, int End)> _step = new(RowsPerStep);

    /// <summary>The position of the checkpoint that this one builds on; null if it builds on none and so holds everything.</summary>
    public long? Since { get; } = since;

    /// <summary>What there is once, at the freeze; its NextOffset is the position of this delta.</summary>
    public NamespaceTotals Totals { get; } = state.Totals;

    /// <summary><see cref="NamespaceState.StateHash"/> at the freeze.</summary>
    public UInt128 StateHash { get; } = stateHash;

    /// <summary>All open sessions, not only those that changed.</summary>
    public IReadOnlyList<SessionRow> Sessions { get; } = sessions;

    /// <summary>The masters that changed; they never go.</summary>
    public IReadOnlyList<MasterRow> Masters { get; } = masters;

    /// <summary>Changed rows, those that are gone among them.</summary>
    public int RowCount => changes.Count;

    /// <summary>
    /// Gives every changed row to <paramref name="rows"/>, table by table. The namespace's Gate is taken for a few rows at a time and
    /// never while <paramref name="rows"/> works.
    /// </summary>
    public void WriteRows(INamespaceRows rows)
    {
        foreach (NamespaceTable table in Enum.GetValues<NamespaceTable>())
        {
            long[] keys = [.. changes[table].Keys];
            Array.Sort(keys);
            for (int start = 0; start < keys.Length; start += RowsPerStep)
            {
                Copy(table, keys.AsSpan(start, Math.Min(RowsPerStep, keys.Length - start)));
                Give(table, rows);
            }
        }
    }

    /// <summary>The checkpoint is durable, or is given up: copies nothing any more and cannot be read any more.</summary>
    public void Complete() => state.Drop(this);

    /// <summary>Before a change of a row, inside Gate: its value at the freeze.</summary>
    internal void Keep(NamespaceTable table, long key, int slot)
    {
        Dictionary<long, byte[]?> kept = _kept[(int)table];
        if (changes[table].ContainsKey(key) && !kept.ContainsKey(key))
        {
            kept.Add(key, state.CopyRow(table, key, slot));
        }
    }

    private void Copy(NamespaceTable table, ReadOnlySpan<long> keys)
    {
        _buffer.Clear();
        _step.Clear();
        lock (state.Gate)
        {
            state.ThrowUnlessFrozen(this);
            foreach (long key in keys)
            {
                if (!_kept[(int)table].TryGetValue(key, out byte[]? row))
                {
                    state.TryWriteRow(table, key, changes[table][key], _buffer);
                }
                else if (row is not null)
                {
                    _buffer.Put(row);
                }

                _step.Add((key, _buffer.Length));
            }
        }
    }

    // A row is never empty, so nothing written means that there is none.
    private void Give(NamespaceTable table, INamespaceRows rows)
    {
        int start = 0;
        foreach ((long key, int end) in _step)
        {
            if (end == start)
            {
                rows.Delete(table, key);
            }
            else
            {
                rows.Put(table, key, _buffer.Written[start..end]);
            }

            start = end;
        }
    }
}
