using Confluent.Kafka;

namespace KafkaFs.Journal.Kafka;

/// <summary>The settings of our Kafka clients, each where the design says why; the user's own properties come last and win.</summary>
internal static class KafkaClientSettings
{
    /// <summary>Records handed over and not reported, at most.</summary>
    public const int WindowRecords = 1_024;

    /// <summary>Bytes handed over and not reported, at most.</summary>
    public const int WindowBytes = 16 * 1024 * 1024;

    /// <summary>Records of a topic that we create may be this long, bytes.</summary>
    public const int MaxMessageBytes = 8 * 1024 * 1024;

    public static AdminClientConfig Admin(KafkaJournalOptions options) => new(Common(options, []));

    public static ProducerConfig Producer(KafkaJournalOptions options, int maxRecordBytes) => new(Common(options, new()
    {
        ["acks"] = "all",
        ["enable.idempotence"] = "true",
        ["linger.ms"] = "0",
        ["message.timeout.ms"] = "0",
        ["message.max.bytes"] = (maxRecordBytes + 1_024).ToString(System.Globalization.CultureInfo.InvariantCulture),
        ["queue.buffering.max.kbytes"] = (2 * WindowBytes / 1024).ToString(System.Globalization.CultureInfo.InvariantCulture),
        ["dotnet.producer.delivery.report.fields"] = "timestamp,status",
    }));

    public static ConsumerConfig Consumer(KafkaJournalOptions options, int maxRecordBytes) => new(Common(options, new()
    {
        ["group.id"] = options.ClientId,
        ["enable.auto.commit"] = "false",
        ["enable.auto.offset.store"] = "false",
        ["auto.offset.reset"] = "error",
        ["isolation.level"] = "read_uncommitted",
        ["check.crcs"] = "true",
        ["fetch.queue.backoff.ms"] = "5",
        ["fetch.error.backoff.ms"] = "50",
        ["queued.max.messages.kbytes"] = "32768",
        ["fetch.message.max.bytes"] = (maxRecordBytes + 65_536).ToString(System.Globalization.CultureInfo.InvariantCulture),
        ["fetch.max.bytes"] = (4 * (maxRecordBytes + 65_536)).ToString(System.Globalization.CultureInfo.InvariantCulture),
        ["receive.message.max.bytes"] = ((4 * (maxRecordBytes + 65_536)) + 1_048_576).ToString(System.Globalization.CultureInfo.InvariantCulture),
    }));

    private static Dictionary<string, string> Common(KafkaJournalOptions options, Dictionary<string, string> own)
    {
        own["bootstrap.servers"] = options.BootstrapServers;
        own["client.id"] = options.ClientId;
        own["allow.auto.create.topics"] = "false";
        own["socket.timeout.ms"] = "10000";
        own["socket.keepalive.enable"] = "true";
        own["reconnect.backoff.max.ms"] = "1000";
        foreach ((string key, string value) in options.Properties)
        {
            own[key] = value;
        }

        return own;
    }
}
