using KafkaFs.Replica.Checkpoint;
using KafkaFs.Replica.Namespace;
using KafkaFs.Simulation.Checkpoint;

namespace KafkaFs.Simulation.Disk;

/// <summary>A checkpoint's rows in memory; they survive every crash of <paramref name="disk"/>'s machine, old or new as a whole.</summary>
internal sealed class SimulatedIndex(SimulatedDisk disk) : ICheckpointStore
{
    private const string Call = "commit of a checkpoint";

    private readonly VolatileStore _rows = new();
    private long? _position;

    /// <inheritdoc/>
    public void Commit(NamespaceDelta delta, CheckpointHeader header)
    {
        if (delta.Since is not null && delta.Since != _position)
        {
            throw new InvalidOperationException($"A delta since {delta.Since} was committed onto the checkpoint at {_position}.");
        }

        disk.BeginDurable(Call);
        _rows.Commit(delta, header);
        _position = header.NextOffset;
        disk.EndDurable(Call);
    }

    /// <inheritdoc/>
    public (NamespaceState State, CheckpointHeader Header)? Load()
    {
        disk.Machine.ThrowIfCrashed();
        return _rows.Load();
    }
}
