using KafkaFs.Journal.Check;
using KafkaFs.Replica.Tree;

namespace KafkaFs.Replica;

/// <summary>Where a replica lives and how it keeps its tree.</summary>
public sealed record ReplicaOptions
{
    /// <summary>The data root: a directory on any local filesystem, which KafkaFS owns.</summary>
    public required string DataRoot { get; init; }

    /// <summary>Who owns the tree's objects; null chooses by the effective user.</summary>
    public TreeOwnership? Ownership { get; init; }

    /// <summary>Records that a crash may leave to be redone: a checkpoint starts at half of them, and no further one is applied before it is durable.</summary>
    public long CheckpointRecords { get; init; } = 100_000;

    /// <summary>A checkpoint starts also once so many bytes of records were applied.</summary>
    public long CheckpointBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>A checkpoint starts also after this time, if anything was applied.</summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What the operator has accepted of a log that is not what it was.</summary>
    public Acceptance Accepted { get; init; } = Acceptance.None;

    /// <summary>The journal's tail is fetched also while nothing but own records is in it; for measuring what that costs.</summary>
    public bool AlwaysFetches { get; init; }

    /// <summary>
    /// A replica that was left by a clean stop opens also while its journal does not answer: see <see cref="LocalReplica.IsUnchecked"/>.
    /// </summary>
    public bool OpensUnchecked { get; init; }

    /// <summary>The data root may hold files and be no replica: it is to become one.</summary>
    internal bool MayHoldFiles { get; init; }

    /// <inheritdoc cref="LogProbe.ConfirmAfter"/>
    internal TimeSpan ConfirmEndAfter { get; init; } = LogProbe.ConfirmAfter;

    /// <summary>How long an opening waits at first until it is tried again.</summary>
    internal TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Hears, in words for a person, from where to where a replica recovers.</summary>
    public Action<string>? OnRecovery { get; init; }

    /// <summary>Told how far a recovery is.</summary>
    public WorkProgress? Progress { get; init; }

    /// <summary>
    /// Hears, in words for a person, what keeps the replica from being opened: the journal does not answer, or this machine refuses a recovery. It is
    /// tried again until it can be done.
    /// </summary>
    public Action<string>? OnStalled { get; init; }
}
