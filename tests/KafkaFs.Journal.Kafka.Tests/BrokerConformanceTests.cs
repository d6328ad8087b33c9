using Confluent.Kafka;
using Confluent.Kafka.Admin;
using KafkaFs.Journal.Contract;
using KafkaFs.TestKit.Journal;
using KafkaFs.TestKit.Kafka;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

[assembly: AssemblyFixture(typeof(KafkaFs.Journal.Kafka.Tests.BrokerFixture))]

namespace KafkaFs.Journal.Kafka.Tests;

/// <summary>One broker for all tests of this assembly, started by the first one that needs it.</summary>
public sealed class BrokerFixture : IDisposable
{
    private readonly Lazy<KafkaCluster> _cluster = new(KafkaCluster.Start);

    public KafkaCluster Cluster => _cluster.Value;

    public void Dispose()
    {
        if (_cluster.IsValueCreated)
        {
            _cluster.Value.Dispose();
        }
    }
}

[Trait("Tier", "broker")]
public sealed class BrokerConformanceTests(BrokerFixture fixture) : JournalConformance
{
    private readonly string _topic = KafkaCluster.NewTopic();

    protected override IJournalProvider Provider => ProviderFor(_topic);

    [Fact]
    public async Task ATopicIsCreatedWithTheSettingsThatKeepRecords()
    {
        (await Provider.OpenAsync(true, default)).Dispose();
        Dictionary<string, ConfigEntryResult> settings = await SettingsAsync();
        Assert.Equal("-1", settings["retention.ms"].Value);
        Assert.Equal("-1", settings["retention.bytes"].Value);
        Assert.Equal("delete", settings["cleanup.policy"].Value);
        Assert.Equal("LogAppendTime", settings["message.timestamp.type"].Value);
        Assert.Equal("false", settings["unclean.leader.election.enable"].Value);
        Assert.Equal("8388608", settings["max.message.bytes"].Value);
    }

    [Theory]
    [InlineData("cleanup.policy", "compact")]
    [InlineData("retention.ms", "3600000")]
    [InlineData("retention.bytes", "1000000")]
    public async Task G4_ATopicThatForgetsIsRefusedByName(string key, string value)
    {
        await CreateAsync(1, new Dictionary<string, string> { ["retention.ms"] = "-1", [key] = value });
        JournalRefusedException refused = await Assert.ThrowsAsync<JournalRefusedException>(() => Provider.OpenAsync(false, default));
        Assert.Equal(JournalRefusal.Settings, refused.Refusal);
        Assert.Contains(key, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task G4_SeveralPartitionsAreRefused()
    {
        await CreateAsync(2, new Dictionary<string, string> { ["retention.ms"] = "-1" });
        JournalRefusedException refused = await Assert.ThrowsAsync<JournalRefusedException>(() => Provider.OpenAsync(false, default));
        Assert.Equal(JournalRefusal.Settings, refused.Refusal);
    }

    [Fact]
    public async Task G4_ATopicCreatedAgainHasAnotherIdentity()
    {
        using IJournal before = await Provider.OpenAsync(true, default);
        using (IAdminClient admin = Admin())
        {
            await admin.DeleteTopicsAsync([_topic]);
        }

        await Task.Delay(1_000);
        using IJournal after = await Provider.OpenAsync(true, default);
        Assert.NotEqual(before.Identity, after.Identity);
        Assert.Equal(before.Identity.Cluster, after.Identity.Cluster);
    }

    [Fact]
    public async Task G4_ATopicCreatedAgainUnderAnOpenJournalIsRefused()
    {
        using IJournal journal = await Provider.OpenAsync(true, default);
        await AppendAsync(journal, [[1]]);
        using IJournalReader reader = journal.OpenReader(0, 1);
        using (IAdminClient admin = Admin())
        {
            await admin.DeleteTopicsAsync([_topic]);
        }

        await Task.Delay(1_000);
        (await Provider.OpenAsync(true, default)).Dispose();
        JournalRefusedException refused = Assert.Throws<JournalRefusedException>(() =>
        {
            for (int attempt = 0; attempt < 60; attempt++)
            {
                reader.Read(new JournalBatch(), TimeSpan.FromMilliseconds(500));
            }
        });
        Assert.Equal(JournalRefusal.Replaced, refused.Refusal);
        Assert.Contains("deleted and created again", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADeletedTopicIsAStallWithWords()
    {
        using IJournal journal = await Provider.OpenAsync(true, default);
        using IJournalReader reader = journal.OpenReader(0, 0);
        using (IAdminClient admin = Admin())
        {
            await admin.DeleteTopicsAsync([_topic]);
        }

        for (int attempt = 0; attempt < 60 && journal.Look(default).Exists; attempt++)
        {
            Assert.False(reader.Read(new JournalBatch(), TimeSpan.FromMilliseconds(500)));
        }

        Assert.StartsWith($"topic '{_topic}' does not exist", journal.Trouble, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TwoWhoCreateATopicAtOnceGetTheSame()
    {
        for (int round = 0; round < 5; round++)
        {
            string topic = KafkaCluster.NewTopic();
            IJournal[] opened = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => ProviderFor(topic).OpenAsync(true, default))));
            Assert.Single(opened.Select(journal => journal.Identity).Distinct());
            Array.ForEach(opened, journal => journal.Dispose());
        }
    }

    [Fact]
    public async Task MoreReplicasThanBrokersAreRefusedInClearWords()
    {
        KafkaJournalOptions options = new() { BootstrapServers = fixture.Cluster.Bootstrap, Topic = _topic, ReplicationFactor = 9 };
        JournalRefusedException refused = await Assert.ThrowsAsync<JournalRefusedException>(
            () => new KafkaJournalProvider(options, NullLogger.Instance).OpenAsync(true, default));
        Assert.Equal(JournalRefusal.Settings, refused.Refusal);
        Assert.Contains("9 replicas", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("60000", false)]
    [InlineData("65536", true)]
    [InlineData("2147483647", true)]
    public async Task ATopicOfAnyMessageLimitWorksOrIsRefusedByName(string limit, bool works)
    {
        await CreateAsync(1, new Dictionary<string, string> { ["retention.ms"] = "-1", ["max.message.bytes"] = limit });
        if (works)
        {
            using IJournal journal = await Provider.OpenAsync(false, default);
            Assert.All(await AppendAsync(journal, [new byte[64_000]]), report => Assert.Equal(AppendStatus.Placed, report.Result.Status));
            Assert.Single(ReadAll(journal, 0, 1));
        }
        else
        {
            JournalRefusedException refused = await Assert.ThrowsAsync<JournalRefusedException>(() => Provider.OpenAsync(false, default));
            Assert.Contains("max.message.bytes=60000", refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task DeletedRecordsAreRefused()
    {
        using IJournal journal = await Provider.OpenAsync(true, default);
        await AppendAsync(journal, [[1], [2], [3]]);
        using (IAdminClient admin = Admin())
        {
            await admin.DeleteRecordsAsync([new TopicPartitionOffset(_topic, 0, 2)]);
        }

        using IJournalReader reader = journal.OpenReader(0, 0);
        JournalRefusedException refused = Assert.Throws<JournalRefusedException>(() =>
        {
            for (int attempt = 0; attempt < 40; attempt++)
            {
                reader.Read(new JournalBatch(), TimeSpan.FromMilliseconds(500));
            }
        });
        Assert.Equal(JournalRefusal.Deleted, refused.Refusal);
    }

    [Fact]
    public async Task NoBrokerIsOneClearMessage()
    {
        KafkaJournalProvider provider = new(new KafkaJournalOptions { BootstrapServers = "127.0.0.1:1", Topic = _topic }, NullLogger.Instance);
        JournalUnavailableException unavailable = await Assert.ThrowsAsync<JournalUnavailableException>(() => provider.OpenAsync(true, default));
        Assert.Contains("127.0.0.1:1", unavailable.Message, StringComparison.Ordinal);
    }

    protected override IJournalProvider OtherProvider() => ProviderFor(KafkaCluster.NewTopic());

    private KafkaJournalProvider ProviderFor(string topic) =>
        new(new KafkaJournalOptions { BootstrapServers = fixture.Cluster.Bootstrap, Topic = topic }, NullLogger.Instance);

    private IAdminClient Admin() => new AdminClientBuilder(new AdminClientConfig { BootstrapServers = fixture.Cluster.Bootstrap }).Build();

    private async Task CreateAsync(int partitions, Dictionary<string, string> settings)
    {
        using IAdminClient admin = Admin();
        await admin.CreateTopicsAsync([new TopicSpecification { Name = _topic, NumPartitions = partitions, ReplicationFactor = 1, Configs = settings }]);
        await Task.Delay(500);
    }

    private async Task<Dictionary<string, ConfigEntryResult>> SettingsAsync()
    {
        using IAdminClient admin = Admin();
        List<DescribeConfigsResult> result = await admin.DescribeConfigsAsync([new ConfigResource { Type = ResourceType.Topic, Name = _topic }]);
        return result[0].Entries;
    }
}
