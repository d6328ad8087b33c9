using KafkaFs.Replica.Tree;

namespace KafkaFs.Replica;

/// <summary>Where a replica lives and how it keeps its tree.</summary>
public sealed record ReplicaOptions
{
    /// <summary>The data root: a directory on any local filesystem, which KafkaFS owns.</summary>
    public required string DataRoot { get; init; }

    /// <summary>Who owns the tree's objects; null chooses by the effective user.</summary>
    public TreeOwnership? Ownership { get; init; }
}
