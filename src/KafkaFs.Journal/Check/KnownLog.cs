using KafkaFs.Journal.Contract;

namespace KafkaFs.Journal.Check;

/// <summary>What a replica knows of the log that it follows, at one moment.</summary>
public sealed record KnownLog
{
    /// <summary>The log; null for a replica that follows none yet.</summary>
    public JournalIdentity? Identity { get; init; }

    /// <summary>UUID of the filesystem; empty before its first record is applied.</summary>
    public Guid Filesystem { get; init; }

    /// <summary>Offset of the first record that is not applied.</summary>
    public long NextOffset { get; init; }

    /// <summary>SHA-256 of the record before; null if it is not known.</summary>
    public byte[]? TailHash { get; init; }

    /// <summary>The highest epoch of the partition's leader that was seen; -1 for none.</summary>
    public int LeaderEpoch { get; init; } = -1;

    /// <summary>Longest record that the log took when it was opened, bytes; 0 if that is not known.</summary>
    public int MaxRecordBytes { get; init; }

    /// <summary>What the operator has accepted.</summary>
    public Acceptance Accepted { get; init; } = Acceptance.None;
}
