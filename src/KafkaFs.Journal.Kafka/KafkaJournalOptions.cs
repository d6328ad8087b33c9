using KafkaFs.Journal.Check;

namespace KafkaFs.Journal.Kafka;

/// <summary>Where the topic is and how it is created.</summary>
public sealed record KafkaJournalOptions
{
    /// <summary>HOST:PORT, several separated by commas (bootstrap.servers).</summary>
    public required string BootstrapServers { get; init; }

    /// <summary>1 to 249 of [a-zA-Z0-9._-].</summary>
    public required string Topic { get; init; }

    /// <summary>client.id, which people see in the broker's tools.</summary>
    public string ClientId { get; init; } = "kafkafs";

    /// <summary>group.id: the name under which people's tools see this replica and its position.</summary>
    public string GroupId { get; init; } = "kafkafs";

    /// <summary>Replication factor of a topic that is created; null is 3 where there are three brokers, else what there is.</summary>
    public short? ReplicationFactor { get; init; }

    /// <summary>A topic that forgets old records is accepted: new replicas cannot be built from it.</summary>
    public bool AcceptFiniteRetention { get; init; }

    /// <summary>Offsets that the topic lacks and readers go past, or null.</summary>
    public OffsetGap? AcceptedGap { get; init; }

    /// <summary>The topic's name for people.</summary>
    internal string Name => $"topic '{Topic}'";

    /// <summary>Any further librdkafka properties (security, tuning); they win over ours. <see cref="KafkaProperties"/> refuses some.</summary>
    public IReadOnlyDictionary<string, string> Properties { get; init; } = new Dictionary<string, string>();
}
