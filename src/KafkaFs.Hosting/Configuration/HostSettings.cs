using KafkaFs.Journal.Check;
using KafkaFs.Journal.Kafka;
using KafkaFs.Replica;
using KafkaFs.Replica.Tree;

namespace KafkaFs.Hosting.Configuration;

/// <summary>The settings of a host, valid as a whole (section `KafkaFs`; docs/operations.md lists the keys).</summary>
public sealed record HostSettings
{
    public required HostRole Role { get; init; }

    public required string DataRoot { get; init; }

    /// <summary>Null: by the effective user.</summary>
    public TreeOwnership? Ownership { get; init; }

    /// <summary>Records that a crash may leave to be redone (<see cref="ReplicaOptions.CheckpointRecords"/>).</summary>
    public int CheckpointRecords { get; init; } = 100_000;

    /// <summary>Kafka, or null for the embedded journal.</summary>
    public KafkaJournalOptions? Kafka { get; init; }

    /// <summary>The file of the embedded journal, or null.</summary>
    public string? EmbeddedFile { get; init; }

    /// <summary>What the operator has accepted of a log that is not what it was.</summary>
    public Acceptance Accepted { get; init; } = Acceptance.None;

    /// <summary>Where health and metrics are served; empty is nowhere.</summary>
    public required string HttpUrls { get; init; }

    /// <summary>Nobody has named <see cref="HttpUrls"/>: another host of this machine may have taken it.</summary>
    public bool HttpUrlsAreDefault { get; init; }

    /// <summary>What is no error and should be mended, a sentence each; the host logs them.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Master: where to mount.</summary>
    public string Mountpoint { get; init; } = "";

    public int ReaderThreads { get; init; }

    public bool? AllowOther { get; init; }

    /// <summary>Master: a journal that has reported nothing for so long, while changes wait for it, is a stall.</summary>
    public TimeSpan StallAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Master: a change that waits for a stalled journal for so long fails; null: it waits as long as it takes.</summary>
    public TimeSpan? ChangeTimeout { get; init; }

    /// <summary>Master: after a clean stop it mounts also while the journal is away; else it waits for it.</summary>
    public bool MountsWithoutJournal { get; init; } = true;

    /// <summary>Master: an open sees everything that was closed on another master before.</summary>
    public bool CloseToOpen { get; init; }

    /// <summary>Master: bytes of its disk that its mount leaves free; null is 256 MiB, or 1 % of a smaller disk.</summary>
    public long? ReserveBytes { get; init; }
}
