using System.Globalization;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using KafkaFs.Journal.Contract;
using Microsoft.Extensions.Logging;

namespace KafkaFs.Journal.Kafka;

/// <summary>Looks at the topic, creates it with the settings that a journal needs, and checks those of one that exists.</summary>
internal sealed partial class TopicAdmin(ITopicClient client, KafkaJournalOptions options, KafkaTrouble trouble, ILogger logger)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(8);

    // Kafka's own default where max.message.bytes cannot be read.
    private const int DefaultMaxMessageBytes = 1_048_588;

    // A Write is at least 4 KiB, and names and attributes of any length have to fit.
    private const int SmallestMaxMessageBytes = 65_536;

    // librdkafka's message.max.bytes ends there.
    private const int GreatestMaxMessageBytes = 1_000_000_000;

    // What the record's batch and headers add to it.
    private const int BatchOverheadBytes = 1_024;

    public Task<DescribeClusterResult> DescribeClusterAsync() =>
        AskAsync(() => client.DescribeClusterAsync(s_limit), "Describe on the cluster");

    /// <summary>The topic, or null if the brokers do not know it.</summary>
    public async Task<TopicDescription?> FindAsync()
    {
        try
        {
            return await AskAsync(() => client.DescribeTopicAsync(options.Topic, s_limit), $"Describe on topic '{options.Topic}'").ConfigureAwait(false);
        }
        catch (DescribeTopicsException exception) when (AdminErrors.Of(exception).Code == ErrorCode.UnknownTopicOrPart)
        {
            return null;
        }
    }

    /// <summary>The topic, waiting until all brokers know what was just created.</summary>
    public async Task<TopicDescription> AwaitAsync(CancellationToken cancellationToken)
    {
        for (int attempt = 0; attempt < 50; attempt++)
        {
            if (await FindAsync().ConfigureAwait(false) is { } topic && topic.Partitions.All(partition => partition.Leader is not null))
            {
                return topic;
            }

            await Task.Delay(100, cancellationToken).ConfigureAwait(false);
        }

        throw Unavailable($"topic '{options.Topic}' was created, but no broker leads it");
    }

    /// <summary>Creates the topic; one that another master creates at the same moment will do.</summary>
    public async Task CreateAsync(int brokers)
    {
        short replicas = options.ReplicationFactor ?? (short)Math.Min(3, brokers);
        try
        {
            await CreateAsync(replicas).ConfigureAwait(false);
        }
        catch (CreateTopicsException exception)
        {
            string settings = string.Create(CultureInfo.InvariantCulture, $"{replicas} replicas and the settings of a journal");
            throw Refused($"the brokers at {options.BootstrapServers} do not create topic '{options.Topic}' with {settings}: {AdminErrors.Of(exception).Reason}");
        }
    }

    private async Task CreateAsync(short replicas)
    {
        try
        {
            await TryCreateAsync(replicas, KafkaClientSettings.MaxMessageBytes).ConfigureAwait(false);
        }
        catch (CreateTopicsException exception) when (AdminErrors.Of(exception).Code is ErrorCode.InvalidConfig or ErrorCode.PolicyViolation)
        {
            LogSmallMessages(logger, options.Topic, AdminErrors.Of(exception).Reason);
            await TryCreateAsync(replicas, null).ConfigureAwait(false);
        }

        LogCreated(logger, options.Topic, replicas);
        if (replicas < 3)
        {
            LogFewReplicas(logger, options.Topic, replicas);
        }
    }

    /// <summary>Refuses settings that lose records or order, warns of weak ones; returns the longest record, bytes.</summary>
    public async Task<int> CheckAsync(TopicDescription topic)
    {
        if (topic.Partitions.Count != 1)
        {
            throw Refused($"topic '{options.Topic}' has {topic.Partitions.Count} partitions; a journal has 1");
        }

        Dictionary<string, ConfigEntryResult>? settings = await ReadSettingsAsync().ConfigureAwait(false);
        if (settings is null)
        {
            LogUnverified(logger, options.Topic);
            return DefaultMaxMessageBytes - BatchOverheadBytes;
        }

        string Value(string key) => settings.TryGetValue(key, out ConfigEntryResult? entry) ? entry.Value ?? "" : "";
        if (Value("cleanup.policy").Contains("compact", StringComparison.Ordinal))
        {
            throw Refused($"topic '{options.Topic}' has cleanup.policy={Value("cleanup.policy")}: compaction deletes history; set it to delete");
        }

        foreach (string key in (string[])["retention.ms", "retention.bytes"])
        {
            if (Value(key) is not ("-1" or "") && !options.AcceptFiniteRetention)
            {
                throw Refused($"topic '{options.Topic}' has {key}={Value(key)}: old records vanish and no new replica can be built; set it to -1, or accept finite retention by configuration");
            }
        }

        WarnOfWeakness(topic, Value);
        return LongestRecord(Value("max.message.bytes"));
    }

    private int LongestRecord(string maxMessageBytes)
    {
        if (!long.TryParse(maxMessageBytes, NumberStyles.None, CultureInfo.InvariantCulture, out long max))
        {
            return DefaultMaxMessageBytes - BatchOverheadBytes;
        }

        return max < SmallestMaxMessageBytes
            ? throw Refused($"topic '{options.Topic}' has max.message.bytes={max}: a journal needs {SmallestMaxMessageBytes} at least, and works well from 1048576 on")
            : (int)Math.Min(max, GreatestMaxMessageBytes) - BatchOverheadBytes;
    }

    private void WarnOfWeakness(TopicDescription topic, Func<string, string> value)
    {
        if (value("unclean.leader.election.enable") == "true")
        {
            LogWeak(logger, options.Topic, "unclean.leader.election.enable=true", "acknowledged records can be lost at a failover");
        }

        if (topic.Partitions[0].Replicas.Count >= 3 && value("min.insync.replicas") == "1")
        {
            LogWeak(logger, options.Topic, "min.insync.replicas=1", "acknowledged records may be on one broker only");
        }

        if (value("message.timestamp.type") == "CreateTime")
        {
            LogWeak(logger, options.Topic, "message.timestamp.type=CreateTime", "a master whose clock is off is refused by the broker");
        }
    }

    private async Task TryCreateAsync(short replicas, int? maxMessageBytes)
    {
        Dictionary<string, string> settings = new()
        {
            ["retention.ms"] = "-1",
            ["retention.bytes"] = "-1",
            ["cleanup.policy"] = "delete",
            ["message.timestamp.type"] = "LogAppendTime",
            ["unclean.leader.election.enable"] = "false",
        };
        if (replicas >= 3)
        {
            settings["min.insync.replicas"] = "2";
        }

        if (maxMessageBytes is int max)
        {
            settings["max.message.bytes"] = max.ToString(CultureInfo.InvariantCulture);
        }

        TopicSpecification topic = new() { Name = options.Topic, NumPartitions = 1, ReplicationFactor = replicas, Configs = settings };
        try
        {
            await AskAsync(
                async () =>
                {
                    await client.CreateTopicAsync(topic, s_limit).ConfigureAwait(false);
                    return true;
                },
                $"Create on topic '{options.Topic}'").ConfigureAwait(false);
        }
        catch (CreateTopicsException exception) when (AdminErrors.Of(exception).Code == ErrorCode.TopicAlreadyExists)
        {
            LogRace(logger, options.Topic);
        }
    }

    private async Task<Dictionary<string, ConfigEntryResult>?> ReadSettingsAsync()
    {
        try
        {
            return await AskAsync(
                () => client.DescribeConfigsAsync(options.Topic, s_limit), $"DescribeConfigs on topic '{options.Topic}'").ConfigureAwait(false);
        }
        catch (JournalRefusedException exception) when (exception.Refusal == JournalRefusal.Forbidden)
        {
            return null;
        }
        catch (DescribeConfigsException exception)
        {
            throw Unavailable(AdminErrors.Of(exception).Reason, exception);
        }
    }

    private async Task<T> AskAsync<T>(Func<Task<T>> ask, string right)
    {
        try
        {
            return await ask().ConfigureAwait(false);
        }
        catch (KafkaException exception) when (AdminErrors.IsDenied(AdminErrors.Of(exception).Code))
        {
            throw new JournalRefusedException(
                JournalRefusal.Forbidden, $"the brokers at {options.BootstrapServers} do not allow {right}: {AdminErrors.Of(exception).Reason}", exception);
        }
        catch (KafkaException exception) when (IsNoAnswer(AdminErrors.Of(exception)))
        {
            throw trouble.Denied is string denied
                ? new JournalRefusedException(JournalRefusal.Forbidden, denied, exception)
                : Unavailable(trouble.Words ?? AdminErrors.Of(exception).Reason, exception);
        }
    }

    private static bool IsNoAnswer(Error error) => error.IsLocalError || error.Code is ErrorCode.RequestTimedOut or ErrorCode.NotController
        or ErrorCode.LeaderNotAvailable or ErrorCode.BrokerNotAvailable or ErrorCode.NetworkException;

    private JournalUnavailableException Unavailable(string why, Exception? inner = null) =>
        new($"no Kafka broker answers at {options.BootstrapServers}: {why}", inner);

    private static JournalRefusedException Refused(string message) => new(JournalRefusal.Settings, message);

    [LoggerMessage(3010, LogLevel.Information, "Created topic {Topic} with {Replicas} replicas")]
    private static partial void LogCreated(ILogger logger, string topic, int replicas);

    [LoggerMessage(3011, LogLevel.Warning, "Topic {Topic} has {Replicas} replicas: what one broker loses (Kafka does not fsync) is lost; three brokers are safe")]
    private static partial void LogFewReplicas(ILogger logger, string topic, int replicas);

    [LoggerMessage(3012, LogLevel.Information, "Topic {Topic} was created by another master at the same moment")]
    private static partial void LogRace(ILogger logger, string topic);

    [LoggerMessage(3013, LogLevel.Warning, "Topic {Topic}: the cluster does not take long records ({Reason}); its own limit is used")]
    private static partial void LogSmallMessages(ILogger logger, string topic, string reason);

    [LoggerMessage(3014, LogLevel.Warning, "Topic {Topic}: settings unverified, DescribeConfigs is denied")]
    private static partial void LogUnverified(ILogger logger, string topic);

    [LoggerMessage(3015, LogLevel.Warning, "Topic {Topic} has {Setting}: {Consequence}")]
    private static partial void LogWeak(ILogger logger, string topic, string setting, string consequence);
}
