using System.Collections.Concurrent;
using System.Security.Cryptography;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using KafkaFs.Journal.Check;
using KafkaFs.Journal.Contract;
using KafkaFs.TestKit.Journal;
using KafkaFs.TestKit.Kafka;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace KafkaFs.Journal.Kafka.Tests;

/// <summary>Three brokers for all tests of a class.</summary>
public sealed class ThreeBrokers : IDisposable
{
    public KafkaCluster Cluster { get; } = KafkaCluster.StartOwn("", "--brokers", "3");

    public void Dispose() => Cluster.Dispose();
}

/// <summary>What there is only where brokers replicate: settings of a topic with three replicas, and another leader with its epoch.</summary>
[Trait("Tier", "broker")]
public sealed class ThreeBrokerTests(ThreeBrokers brokers) : IClassFixture<ThreeBrokers>
{
    private readonly RecordWriter _writer = new(Guid.NewGuid(), Guid.NewGuid());
    private readonly string _topic = KafkaCluster.NewTopic();

    private KafkaCluster Cluster => brokers.Cluster;

    private KafkaJournalProvider Provider => new(new KafkaJournalOptions { BootstrapServers = Cluster.Bootstrap, Topic = _topic }, NullLogger.Instance);

    [Fact]
    public async Task ATopicIsCreatedWithThreeReplicasOfWhichTwoMustHaveARecord_AndFewInSyncIsWarnedOf()
    {
        using IJournal journal = await Provider.OpenAsync(true, default);
        LogFacts found = journal.Look(default);
        Assert.Equal((3, 2, false), (found.Settings?.Replicas, found.Settings?.MinInSync, found.Settings?.UncleanElection));
        Assert.Empty(RecoveryTable.Judge(new KnownLog(), found).Warnings);

        using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = Cluster.Bootstrap }).Build();
        ConfigResource topic = new() { Type = ResourceType.Topic, Name = _topic };
        await admin.IncrementalAlterConfigsAsync(new Dictionary<ConfigResource, List<ConfigEntry>>
        {
            [topic] = [new ConfigEntry { Name = "min.insync.replicas", Value = "1", IncrementalOperation = AlterConfigOpType.Set }],
        });
        await UntilAsync(() => RecoveryTable.Judge(new KnownLog(), journal.Look(default)).Warnings.Any(warning => warning.Row == LogRow.FewInSync));
    }

    [Fact]
    public async Task LeaderEpochBelow_IsSettledByTheTailAndANewLeaderIsNoOtherLog()
    {
        using IJournal journal = await Provider.OpenAsync(true, default);
        ConcurrentQueue<string> suspicions = [];
        TaskCompletionSource<int> settled = new();
        journal.Suspected = why =>
        {
            suspicions.Enqueue(why);
            return settled.Task;
        };
        byte[] last = _writer.Mkdir("d");
        await AppendAsync(journal, _writer.FilesystemCreated(), last);
        using IJournalReader reader = journal.OpenReader(0, 0);
        JournalBatch batch = new();
        await UntilAsync(() => reader.Read(batch, TimeSpan.FromMilliseconds(100)) && reader.NextOffset == 2);
        int former = journal.LeaderEpoch;
        journal.Look(default);
        Assert.True(former >= 0);
        Assert.Empty(suspicions);

        int leader = Cluster.Leader(_topic);
        Cluster.KillBroker(leader);
        try
        {
            last = _writer.Mkdir("e");
            await AppendAsync(journal, last);
            await UntilAsync(() =>
            {
                Assert.False(reader.Read(batch, TimeSpan.FromMilliseconds(100)));
                return suspicions.Any(why => why.StartsWith("a record of leader epoch", StringComparison.Ordinal));
            });
            Assert.False(reader.Read(batch, TimeSpan.FromSeconds(2)));
            Assert.Equal(2, reader.NextOffset);
            Assert.Contains("is checked before record 2 is applied", journal.ReadingTrouble, StringComparison.Ordinal);

            settled.SetResult(int.MaxValue);
            await UntilAsync(() => reader.Read(batch, TimeSpan.FromMilliseconds(100)) && reader.NextOffset == 3);
            Assert.Null(journal.ReadingTrouble);
            Assert.True(journal.LeaderEpoch > former, $"{journal.LeaderEpoch} after {former}");
            Assert.Contains($"a record of leader epoch {journal.LeaderEpoch} after one of {former}", suspicions);
            journal.Look(default);
            Assert.Contains(suspicions, why => why == $"broker {Cluster.Leader(_topic)} leads the topic instead of {leader}");

            KnownLog known = new() { Identity = journal.Identity, NextOffset = 3, TailHash = SHA256.HashData(last), LeaderEpoch = journal.LeaderEpoch };
            LogFacts found = journal.Probe(3, default);
            Assert.Null(RecoveryTable.Judge(known, found).Finding);

            // The client leaves the epoch out of the brokers' answer to the question for the end: the records' own is put in its place.
            known = known with { LeaderEpoch = journal.LeaderEpoch + 1 };
            Assert.Equal(LogRow.LeaderEpochBelow, RecoveryTable.Judge(known, journal.Look(default) with { LeaderEpoch = journal.LeaderEpoch }).Finding?.Row);
            Assert.Null(RecoveryTable.Judge(known, found with { LeaderEpoch = journal.LeaderEpoch }).Finding);
        }
        finally
        {
            Cluster.StartBroker(leader);
        }
    }

    private static async Task AppendAsync(IJournal journal, params byte[][] records)
    {
        RecordingListener listener = new();
        using IJournalAppender appender = journal.OpenAppender(0, listener);
        foreach (byte[] record in records)
        {
            Assert.True(appender.TryAppend(record, 0));
        }

        Assert.All(await listener.WaitAsync(records.Length), told => Assert.Equal(AppendStatus.Placed, told.Result.Status));
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (int attempt = 0; !condition(); attempt++)
        {
            Assert.True(attempt < 600, "It did not happen in time.");
            await Task.Delay(50);
        }
    }
}
