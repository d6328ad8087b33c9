namespace KafkaFs.Journal.Check;

/// <summary>Settings of a topic that decide whether it keeps records and their order; null is unknown.</summary>
public sealed record TopicSettings
{
    /// <summary>The value of cleanup.policy.</summary>
    public string? CleanupPolicy { get; init; }

    /// <summary>`retention.ms=N` or `retention.bytes=N` if old records vanish; null if they do not, or if that is accepted.</summary>
    public string? FiniteRetention { get; init; }

    public bool UncleanElection { get; init; }

    public int? MinInSync { get; init; }

    public int? Replicas { get; init; }

    /// <summary>flush.messages=1: a broker has on its disk what it acknowledges.</summary>
    public bool FlushesEach { get; init; }

    public bool IsCreateTime { get; init; }

    /// <summary>The value of max.message.bytes.</summary>
    public long? MaxMessageBytes { get; init; }
}
