using KafkaFs.Replica.Checkpoint;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.Simulation.Checkpoint;

/// <summary>
/// A checkpoint in memory that holds rows only, as the index does: a row that changed without being in a delta is wrong here too.
/// </summary>
internal sealed class VolatileStore : ICheckpointStore, INamespaceRows
{
    private readonly SortedDictionary<long, byte[]>[] _rows = [[], [], []];
    private readonly Dictionary<Guid, MasterRow> _masters = [];
    private IReadOnlyList<SessionRow> _sessions = [];
    private (NamespaceTotals Totals, CheckpointHeader Header, UInt128 Hash)? _last;

    public void Commit(NamespaceDelta delta, CheckpointHeader header)
    {
        delta.WriteRows(this);
        _sessions = delta.Sessions;
        foreach (MasterRow master in delta.Masters)
        {
            _masters[master.Master] = master;
        }

        _last = (delta.Totals, header, delta.StateHash);
    }

    public (NamespaceState State, CheckpointHeader Header)? Load()
    {
        if (_last is not var (totals, header, hash))
        {
            return null;
        }

        NamespaceState state = new();
        state.Restore(totals);
        foreach (NamespaceTable table in Enum.GetValues<NamespaceTable>())
        {
            foreach ((long key, byte[] row) in _rows[(int)table])
            {
                Expect(state.TryRestore(table, key, row), $"row {key} of {table}");
            }
        }

        Expect(_sessions.All(state.TryRestore), "sessions");
        Expect(_masters.Values.All(state.TryRestore), "masters");
        Expect(state.FirstWrongCount() is null, "counts");
        Expect(state.StateHash == hash, "hash");
        return (state, header);
    }

    public void Put(NamespaceTable table, long key, ReadOnlySpan<byte> row) => _rows[(int)table][key] = row.ToArray();

    public void Delete(NamespaceTable table, long key) => _rows[(int)table].Remove(key);

    private static void Expect(bool condition, string what)
    {
        if (!condition)
        {
            throw new CheckpointException($"The checkpoint does not fit together: {what}.");
        }
    }
}
