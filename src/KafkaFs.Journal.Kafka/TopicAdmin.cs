using System.Globalization;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using KafkaFs.Journal.Check;
using KafkaFs.Journal.Contract;
using Microsoft.Extensions.Logging;

namespace KafkaFs.Journal.Kafka;

/// <summary>Looks at the topic, creates it with the settings that a journal needs, and checks those of one that exists.</summary>
/// <param name="limit">Of each question; null is 8 s.</param>
internal sealed partial class TopicAdmin(ITopicClient client, KafkaJournalOptions options, KafkaTrouble trouble, ILogger logger, TimeSpan? limit = null)
{
    private readonly TimeSpan _limit = limit ?? TimeSpan.FromSeconds(8);

    // Kafka's own default, for a topic whose max.message.bytes may not be read when it is opened.
    private const int DefaultMaxMessageBytes = 1_048_588;

    // librdkafka's message.max.bytes ends there.
    private const int GreatestMaxMessageBytes = 1_000_000_000;

    // What the record's batch and headers add to it.
    private const int BatchOverheadBytes = 1_024;

    public Task<DescribeClusterResult> DescribeClusterAsync() =>
        AskAsync(() => client.DescribeClusterAsync(_limit), "Describe on the cluster");

    /// <summary>The topic, or null if the brokers do not know it.</summary>
    public async Task<TopicDescription?> FindAsync()
    {
        try
        {
            return await AskAsync(() => client.DescribeTopicAsync(options.Topic, _limit), $"Describe on topic '{options.Topic}'").ConfigureAwait(false);
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

    // What a cluster does not take is left to its own defaults; what is weak then is warned of.
    private async Task CreateAsync(short replicas)
    {
        Dictionary<string, string> all = Settings(replicas);
        Dictionary<string, string>[] tries = [all, Without(all, "max.message.bytes"), Least()];
        for (int index = 0; ; index++)
        {
            try
            {
                await TryCreateAsync(replicas, tries[index]).ConfigureAwait(false);
                LogCreated(logger, options.Topic, replicas);
                return;
            }
            catch (CreateTopicsException exception)
                when (index < tries.Length - 1 && AdminErrors.Of(exception).Code is ErrorCode.InvalidConfig or ErrorCode.PolicyViolation)
            {
                LogFewerSettings(logger, options.Topic, AdminErrors.Of(exception).Reason, string.Join(", ", tries[index].Keys.Except(tries[index + 1].Keys)));
            }
        }
    }

    private static Dictionary<string, string> Settings(short replicas)
    {
        Dictionary<string, string> settings = Least();
        settings["max.message.bytes"] = KafkaClientSettings.MaxMessageBytes.ToString(CultureInfo.InvariantCulture);
        settings["message.timestamp.type"] = "LogAppendTime";
        settings["unclean.leader.election.enable"] = "false";
        if (replicas >= 3)
        {
            settings["min.insync.replicas"] = "2";
        }

        return settings;
    }

    // Without these no topic is a journal.
    private static Dictionary<string, string> Least() => new() { ["retention.ms"] = "-1", ["retention.bytes"] = "-1", ["cleanup.policy"] = "delete" };

    private static Dictionary<string, string> Without(Dictionary<string, string> settings, string key) =>
        settings.Where(setting => setting.Key != key).ToDictionary();

    /// <summary>Refuses settings that lose records or order, by the table; returns the longest record, bytes.</summary>
    public async Task<int> CheckAsync(TopicDescription topic)
    {
        LogFacts facts = await WithSettingsAsync(new LogFacts { Log = options.Name }, topic).ConfigureAwait(false);
        LogJudgement judgement = RecoveryTable.Judge(new KnownLog(), facts);
        return judgement.Refuses ? throw judgement.Finding!.ToException() : facts.MaxRecordBytes ?? DefaultMaxMessageBytes - BatchOverheadBytes;
    }

    /// <summary>
    /// All that admin requests tell of the topic. Throws <see cref="JournalUnavailableException"/> without an answer,
    /// <see cref="JournalRefusedException"/> (Forbidden), and KafkaException for whatever else the brokers say.
    /// </summary>
    public async Task<LogFacts> LookAsync()
    {
        Task<DescribeClusterResult> cluster = DescribeClusterAsync();
        Task<TopicDescription?> asked = FindAsync();
        await Task.WhenAll(cluster, asked).ConfigureAwait(false);
        LogFacts facts = new() { Log = options.Name };
        if (await asked.ConfigureAwait(false) is not { } topic)
        {
            return facts with { Exists = false };
        }

        trouble.Replicas = ReplicaWords.Of(options.Topic, topic);
        Task<(long First, long Next, int? LeaderEpoch)> offsets =
            AskAsync(() => client.ListOffsetsAsync(options.Topic, _limit), $"Describe on topic '{options.Topic}'");
        Task<LogFacts> settings = WithSettingsAsync(facts, topic);
        await Task.WhenAll(offsets, settings).ConfigureAwait(false);
        (long first, long next, int? epoch) = await offsets.ConfigureAwait(false);
        return (await settings.ConfigureAwait(false)) with
        {
            Identity = new JournalIdentity("kafka", (await cluster.ConfigureAwait(false)).ClusterId ?? "", topic.TopicId.ToString()),
            Bounds = TopicBounds.Of(options.Topic, first, next),
            LeaderEpoch = epoch,
            Leader = topic.Partitions is [{ Leader.Id: int leader }, ..] && leader >= 0 ? leader : null,
        };
    }

    private async Task<LogFacts> WithSettingsAsync(LogFacts facts, TopicDescription topic)
    {
        facts = facts with { PartitionCount = topic.Partitions.Count };
        if (await ReadSettingsAsync().ConfigureAwait(false) is not { } values)
        {
            return facts with { AreSettingsDenied = true };
        }

        string Value(string key) => values.TryGetValue(key, out ConfigEntryResult? entry) ? entry.Value ?? "" : "";
        long max = long.TryParse(Value("max.message.bytes"), NumberStyles.None, CultureInfo.InvariantCulture, out long found) ? found : DefaultMaxMessageBytes;
        return facts with
        {
            MaxRecordBytes = (int)Math.Min(max, GreatestMaxMessageBytes) - BatchOverheadBytes,
            Settings = new TopicSettings
            {
                CleanupPolicy = Value("cleanup.policy"),
                FiniteRetention = options.AcceptFiniteRetention ? null : Finite("retention.ms", Value) ?? Finite("retention.bytes", Value),
                UncleanElection = Value("unclean.leader.election.enable") == "true",
                MinInSync = int.TryParse(Value("min.insync.replicas"), NumberStyles.None, CultureInfo.InvariantCulture, out int inSync) ? inSync : null,
                Replicas = topic.Partitions is [TopicPartitionInfo partition, ..] ? partition.Replicas.Count : null,
                FlushesEach = Value("flush.messages") == "1",
                IsCreateTime = Value("message.timestamp.type") == "CreateTime",
                MaxMessageBytes = max,
            },
        };
    }

    private static string? Finite(string key, Func<string, string> value) => value(key) is "-1" or "" ? null : $"{key}={value(key)}";

    private async Task TryCreateAsync(short replicas, Dictionary<string, string> settings)
    {
        TopicSpecification topic = new() { Name = options.Topic, NumPartitions = 1, ReplicationFactor = replicas, Configs = settings };
        try
        {
            await AskAsync(
                async () =>
                {
                    await client.CreateTopicAsync(topic, _limit).ConfigureAwait(false);
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
                () => client.DescribeConfigsAsync(options.Topic, _limit), $"DescribeConfigs on topic '{options.Topic}'").ConfigureAwait(false);
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

    [LoggerMessage(3012, LogLevel.Information, "Topic {Topic} was created by another master at the same moment")]
    private static partial void LogRace(ILogger logger, string topic);

    [LoggerMessage(3013, LogLevel.Warning, "Topic {Topic}: the cluster does not create it as it should be ({Reason}); tried without {Settings}, which are then the cluster's own")]
    private static partial void LogFewerSettings(ILogger logger, string topic, string reason, string settings);
}
