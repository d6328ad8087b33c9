using KafkaFs.Replica.Namespace;

namespace KafkaFs.Replica.Checkpoint;

/// <summary>Keeps one checkpoint: header, totals and rows of a namespace. Not thread-safe.</summary>
internal interface ICheckpointStore
{
    /// <summary>
    /// Turns the last checkpoint into the one of <paramref name="delta"/>, whose position <paramref name="header"/> has too: all of it is
    /// durable when this returns. A crash at any moment, and any exception, leaves the old one or the new one. A
    /// <see cref="CheckpointSpaceException"/> left the old one, and the same delta can be committed again; so can it after a crash of
    /// the commit itself. Anything else that the machine refuses is thrown as IOException or as the technology's own. Does not
    /// complete the delta.
    /// </summary>
    void Commit(NamespaceDelta delta, CheckpointHeader header);

    /// <summary>
    /// The last checkpoint; null if there is none. <see cref="CheckpointException"/> says what is wrong with one that cannot be used.
    /// What the machine refuses is thrown as IOException or as the technology's own, and says nothing of the checkpoint.
    /// </summary>
    (NamespaceState State, CheckpointHeader Header)? Load();
}
