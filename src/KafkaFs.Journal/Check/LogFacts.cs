using KafkaFs.Journal.Contract;

namespace KafkaFs.Journal.Check;

/// <summary>What was found of a log by one look at it. What was not looked at is null, and no finding.</summary>
public sealed record LogFacts
{
    /// <summary>The log's name for people.</summary>
    public string Log { get; init; } = "the journal";

    public bool Exists { get; init; } = true;

    public JournalIdentity? Identity { get; init; }

    /// <summary>Another file stands where the one is that is in use.</summary>
    public bool IsFileReplaced { get; init; }

    public int? PartitionCount { get; init; }

    public JournalBounds? Bounds { get; init; }

    /// <summary>Record 0, if the log has it.</summary>
    public LogOrigin? Origin { get; init; }

    /// <summary>SHA-256 of the record before the one that the replica wants next; empty if the log has none at that offset.</summary>
    public byte[]? TailHash { get; init; }

    /// <summary>The first offset, from the wanted one on, at which the log delivers a record; where it ends if it delivers none.</summary>
    public long? NextFound { get; init; }

    /// <summary>The epoch of the partition's leader; of a probe that of the last record, which brokers tell to any client.</summary>
    public int? LeaderEpoch { get; init; }

    /// <summary>The log has records for the replica, and none was delivered for some time.</summary>
    public bool IsSilent { get; init; }

    /// <summary>Null where they were not asked for, or may not be read.</summary>
    public TopicSettings? Settings { get; init; }

    public bool AreSettingsDenied { get; init; }

    /// <summary>Longest record that the log takes now, bytes.</summary>
    public int? MaxRecordBytes { get; init; }

    /// <summary>Broker id of the leader; null if there is none, or where there are no brokers.</summary>
    public int? Leader { get; init; }
}
