using System.Globalization;
using Confluent.Kafka;

namespace KafkaFs.Journal.Kafka;

/// <summary>The settings of our Kafka clients, each where the design says why; the user's own properties come last and win, those of <see cref="KafkaProperties"/> excepted.</summary>
internal static class KafkaClientSettings
{
    /// <summary>Records handed over and not reported, at most.</summary>
    public const int WindowRecords = 1_024;

    /// <summary>Bytes handed over and not reported, at most.</summary>
    public const int WindowBytes = 16 * 1024 * 1024;

    /// <summary>Records of a topic that we create may be this long, bytes.</summary>
    public const int MaxMessageBytes = 8 * 1024 * 1024;

    // librdkafka's own default.
    private const int DefaultBatchBytes = 1_000_000;

    private const int FetchOverheadBytes = 65_536;
    private const int GroupTimeoutMs = 6_000;

    // Not less than librdkafka's message.max.bytes.
    private const long LeastFetchBytes = 4 * 1024 * 1024;

    // The greatest values that librdkafka takes.
    private const long GreatestFetchMessageBytes = 1_000_000_000;
    private const long GreatestFetchBytes = 2_000_000_000;
    private const long GreatestReceiveBytes = int.MaxValue;

    public static AdminClientConfig Admin(KafkaJournalOptions options) => new(Common(options, []));

    public static ProducerConfig Producer(KafkaJournalOptions options, int maxRecordBytes) => new(Common(options, new()
    {
        ["acks"] = "all",
        ["enable.idempotence"] = "true",
        ["linger.ms"] = "0",
        ["message.timeout.ms"] = "0",
        ["message.max.bytes"] = Number(Math.Min(maxRecordBytes + 1_024L, GreatestFetchMessageBytes)),
        // The topic's limit is one for batches: several records in one stay well below it.
        ["batch.size"] = Number(Math.Clamp(maxRecordBytes / 2, 1, DefaultBatchBytes)),
        ["queue.buffering.max.kbytes"] = Number(2 * WindowBytes / 1024),
        ["dotnet.producer.delivery.report.fields"] = "timestamp,status",
    }));

    /// <param name="groupTimeoutMs">session.timeout.ms; null is librdkafka's own, 45 s.</param>
    public static ConsumerConfig Consumer(KafkaJournalOptions options, int maxRecordBytes, int? groupTimeoutMs = null)
    {
        long fetchMessage = Math.Min((long)maxRecordBytes + FetchOverheadBytes, GreatestFetchMessageBytes);
        long fetch = Math.Clamp(4 * fetchMessage, LeastFetchBytes, GreatestFetchBytes);
        Dictionary<string, string> own = new()
        {
            ["group.id"] = options.GroupId,
            ["enable.auto.commit"] = "false",
            ["enable.auto.offset.store"] = "false",
            ["auto.offset.reset"] = "error",
            ["isolation.level"] = "read_uncommitted",
            ["check.crcs"] = "true",
            ["fetch.queue.backoff.ms"] = "5",
            ["fetch.error.backoff.ms"] = "50",
            ["queued.max.messages.kbytes"] = "32768",
            ["fetch.message.max.bytes"] = Number(fetchMessage),
            ["fetch.max.bytes"] = Number(fetch),
            ["receive.message.max.bytes"] = Number(Math.Min(fetch + 1_048_576, GreatestReceiveBytes)),
            ["dotnet.consumer.consume.result.fields"] = "timestamp",
        };
        if (groupTimeoutMs is int timeout)
        {
            own["session.timeout.ms"] = Number(timeout);
        }

        return new(Common(options, own));
    }

    /// <summary>Of a consumer for single records: it fetches little ahead, never waits for more, and says where the partition ends.</summary>
    public static ConsumerConfig ProbeConsumer(KafkaJournalOptions options)
    {
        ConsumerConfig config = Consumer(options, FetchOverheadBytes);
        config.Set("fetch.wait.max.ms", "10");
        config.Set("queued.min.messages", "1");
        config.Set("receive.message.max.bytes", Number(GreatestReceiveBytes));
        config.Set("enable.partition.eof", "true");
        return config;
    }

    /// <summary>Of a consumer that only commits: as long as session.timeout.ms (45 s) a commit waits for a coordinator, however often that is refused.</summary>
    public static ConsumerConfig GroupConsumer(KafkaJournalOptions options) => Consumer(options, FetchOverheadBytes, GroupTimeoutMs);

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static Dictionary<string, string> Common(KafkaJournalOptions options, Dictionary<string, string> own)
    {
        own["bootstrap.servers"] = options.BootstrapServers;
        own["client.id"] = options.ClientId;
        own["allow.auto.create.topics"] = "false";
        own["socket.timeout.ms"] = "10000";
        own["socket.keepalive.enable"] = "true";
        own["reconnect.backoff.max.ms"] = "1000";

        // A leader that hangs is noticed when a request times out; without this the question who leads now may be put to that one, and
        // time out as well. Measured, leader paused, another one elected after 6 s: writes go on after 11 to 12 s, not 11 or 21 s.
        own["topic.metadata.refresh.interval.ms"] = "2000";
        foreach ((string key, string value) in options.Properties)
        {
            own[key] = value;
        }

        return own;
    }
}
