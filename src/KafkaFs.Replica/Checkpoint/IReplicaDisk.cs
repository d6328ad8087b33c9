using KafkaFs.Posix;
using KafkaFs.Replica.Tree;

namespace KafkaFs.Replica.Checkpoint;

/// <summary>
/// What of a replica outlives its process: the tree, the index, and the small files beside it. A data root's own
/// (<see cref="DataRoot"/>), or a simulated one. For one thread, except the tree. Everything here throws
/// <see cref="DataRootException"/> when the machine refuses.
/// </summary>
internal interface IReplicaDisk
{
    /// <summary>How the tree is reached.</summary>
    TreePlace Place { get; }

    /// <summary>What tells this data root from every copy of it.</summary>
    byte[] Identity { get; }

    /// <summary>There is nothing below the data root but KafkaFS's own.</summary>
    bool IsEmpty { get; }

    /// <summary>A small file of KafkaFS's own; null if it is not there.</summary>
    byte[]? ReadStateFile(string name);

    /// <summary>Replaces a small file as a whole; durable when it returns.</summary>
    void WriteStateFile(string name, ReadOnlySpan<byte> content);

    /// <summary>Removes a small file; durable when it returns. One that is not there is passed.</summary>
    void RemoveStateFile(string name);

    /// <summary>
    /// Overwrites the trail (what was about to be applied) from its start, without waiting for the disk: after a power cut it holds
    /// this or anything older. Called before every batch, by the holder of the apply lock.
    /// </summary>
    Errno WriteTrail(ReadOnlySpan<byte> content);

    /// <summary>What the trail holds; empty if there is none.</summary>
    byte[] ReadTrail();
}
