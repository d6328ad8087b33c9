using System.Text.RegularExpressions;
using Confluent.Kafka;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Kafka;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests;

/// <summary>A journal that changes under a running host, or while it is stopped: it ends with 76 and the words of the table.</summary>
[Trait("Tier", "broker")]
public sealed partial class ForeignLogTests : IDisposable
{
    private readonly KafkaCluster _cluster;
    private readonly string _topic = KafkaCluster.NewTopic();
    private readonly Setup _setup;

    public ForeignLogTests(OwnBrokerFixture fixture)
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        _cluster = fixture.Cluster;
        _setup = Setup.Kafka(_cluster.Bootstrap, _topic);
    }

    [Fact]
    public async Task G4_ATopicCreatedAgainUnderARunningSlave()
    {
        HostUnderTest slave = await FollowingSlaveAsync();
        _cluster.RecreateTopic(_topic, 1, "retention.ms=-1");
        Refused(slave, $"topic '{_topic}' was deleted and created again");
    }

    [Fact]
    public async Task G4_AJournalTruncatedUnderARunningSlaveAndLongerAgainBeforeTheNextStart()
    {
        HostUnderTest slave = await FollowingSlaveAsync();
        long end = await slave.PositionAsync();
        _cluster.TruncateLog(_topic, end - 1);
        Refused(slave, $"this replica is at {end}: truncated or restored");

        // A master goes on in the shortened journal: what is where the slave stands is another record.
        HostUnderTest master = await _setup.Master("m2").ReadyAsync();
        ToolProcess.Shell($"cd {_setup.Mount}; mkdir x y z");
        Assert.Equal(0, master.Stop());
        slave = _setup.Again(slave, () => _setup.Slave());
        Refused(slave, $"record {end - 1} of topic '{_topic}' is another than the one that this replica applied");
    }

    // Its clients find the journal as long as they left it, and records that they can read on with.
    [Fact]
    public async Task G4_AJournalTruncatedAndLongerAgainUnderARunningSlave()
    {
        HostUnderTest slave = await FollowingSlaveAsync();
        long end = await slave.PositionAsync();
        slave.Signal("STOP");
        try
        {
            _cluster.TruncateLog(_topic, end - 1);
            HostUnderTest master = await _setup.Master("m2").ReadyAsync();
            ToolProcess.Shell($"cd {_setup.Mount}; mkdir x y z");
            Assert.Equal(0, master.Stop());
        }
        finally
        {
            slave.Signal("CONT");
        }

        Refused(slave, $"record {end - 1} of topic '{_topic}' is another than the one that this replica applied");
        Assert.False(Directory.Exists(Path.Combine(_setup["s"], "x")));
    }

    [Fact]
    public async Task G4_CompactionTurnedOnUnderARunningSlave()
    {
        HostUnderTest slave = await FollowingSlaveAsync();
        _cluster.SetTopic(_topic, "cleanup.policy=compact");
        Refused(slave, $"topic '{_topic}' has cleanup.policy=compact: compaction deletes history");
    }

    [Fact]
    public async Task G4_ATopicCreatedAgainUnderAMountedMaster()
    {
        HostUnderTest master = await WorkingMasterAsync();
        _cluster.RecreateTopic(_topic, 1, "retention.ms=-1");
        Refused(master, $"topic '{_topic}' was deleted and created again");
        Unmounted();
    }

    [Fact]
    public async Task G4_AJournalTruncatedUnderAMountedMaster()
    {
        HostUnderTest master = await WorkingMasterAsync();
        long end = await master.PositionAsync();
        _cluster.TruncateLog(_topic, end - 1);
        Refused(master, $"this replica is at {end}: truncated or restored");
        Unmounted();
        Refused(_setup.Again(master, () => _setup.Master()), $"this replica is at {end}: truncated or restored");
    }

    [Fact]
    public async Task TopicIdDiffers_IsAcceptedByItsIdWithTheSameRecordsAndNeedsNoOptionAfterwards()
    {
        HostUnderTest slave = await FollowingSlaveAsync();
        Assert.Equal(0, slave.Stop());
        List<Message<Null, byte[]>> records = Records();
        _cluster.RecreateTopic(_topic, 1, "retention.ms=-1");
        await ProduceAsync(records);
        slave = _setup.Again(slave, () => _setup.Slave());
        Refused(slave, $"topic '{_topic}' was deleted and created again");
        string id = AcceptOption().Match(slave.LogOfThisRun).Groups[1].Value;
        slave = _setup.Again(slave, () => _setup.Slave(options: ["--accept-topic", "another"]));
        Refused(slave, $"topic '{_topic}' was deleted and created again");
        slave = await _setup.Again(slave, () => _setup.Slave(options: ["--accept-topic", id])).ReadyAsync();
        Assert.Equal(0, slave.Stop());
        await GoesOnAsync(await _setup.Again(slave, () => _setup.Slave()).ReadyAsync(), ["--accept-topic", id]);
    }

    [Fact]
    public async Task OffsetsMissing_AreGonePastOnceTheyAreAcceptedAndNeedNoOptionAfterwards()
    {
        HostUnderTest slave = await FollowingSlaveAsync();
        long end = await slave.PositionAsync();
        CommitTransaction();
        Refused(slave, $"offsets {end + 1}..{end + 1} are missing in topic '{_topic}'");
        string gap = $"{end + 1}..{end + 1}";

        // Nothing follows the gap yet: the slave is ready all the same.
        slave = await _setup.Again(slave, () => _setup.Slave(options: ["--accept-gap", gap])).ReadyAsync();
        await GoesOnAsync(slave, ["--accept-gap", gap]);
    }

    public void Dispose() => _setup.Dispose();

    // A master that accepts as well writes, the slave follows it, and follows again without any option.
    private async Task GoesOnAsync(HostUnderTest slave, string[] accepting)
    {
        HostUnderTest master = await _setup.Master("m2", options: accepting).ReadyAsync();
        ToolProcess.Shell($"cd {_setup.Mount}; mkdir later; echo more > later/f");
        await _setup.EqualAsync(master, slave, masterRoot: "m2");
        Assert.Equal(0, slave.Stop());
        slave = await _setup.Again(slave, () => _setup.Slave()).ReadyAsync();
        ToolProcess.Shell($"mkdir {_setup.Mount}/last");
        await _setup.EqualAsync(master, slave, masterRoot: "m2");
        Assert.Equal(0, master.Stop());
    }

    private List<Message<Null, byte[]>> Records()
    {
        ConsumerConfig configuration = new() { BootstrapServers = _cluster.Bootstrap, GroupId = "none", EnableAutoCommit = false, EnablePartitionEof = true };
        using IConsumer<Null, byte[]> consumer = new ConsumerBuilder<Null, byte[]>(configuration).Build();
        consumer.Assign(new TopicPartitionOffset(_topic, 0, 0));
        List<Message<Null, byte[]>> records = [];
        while (consumer.Consume(TimeSpan.FromSeconds(20)) is { IsPartitionEOF: false } result)
        {
            records.Add(new Message<Null, byte[]> { Value = result.Message.Value, Timestamp = new Timestamp(result.Message.Timestamp.UnixTimestampMs, TimestampType.CreateTime) });
        }

        return records;
    }

    private async Task ProduceAsync(List<Message<Null, byte[]>> records)
    {
        using IProducer<Null, byte[]> producer = new ProducerBuilder<Null, byte[]>(new ProducerConfig { BootstrapServers = _cluster.Bootstrap, EnableIdempotence = true }).Build();
        await Task.WhenAll(records.Select(record => producer.ProduceAsync(_topic, record)));
    }

    // A record that is none of ours, and the marker after it, which takes an offset and is delivered to nobody.
    private void CommitTransaction()
    {
        using IProducer<Null, byte[]> producer = new ProducerBuilder<Null, byte[]>(new ProducerConfig { BootstrapServers = _cluster.Bootstrap, TransactionalId = _topic }).Build();
        producer.InitTransactions(TimeSpan.FromSeconds(30));
        producer.BeginTransaction();
        producer.Produce(_topic, new Message<Null, byte[]> { Value = [1, 2, 3] });
        producer.CommitTransaction(TimeSpan.FromSeconds(30));
    }

    private async Task<HostUnderTest> WorkingMasterAsync()
    {
        HostUnderTest master = await _setup.Master().ReadyAsync();
        ToolProcess.Shell($"cd {_setup.Mount}; mkdir a b c; echo content > a/f; sync a/f");
        await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        return master;
    }

    private void Unmounted() => Assert.DoesNotContain($" {_setup.Mount} ", File.ReadAllText("/proc/mounts"), StringComparison.Ordinal);

    [GeneratedRegex("`--accept-topic ([^`]+)`")]
    private static partial Regex AcceptOption();

    private async Task<HostUnderTest> FollowingSlaveAsync()
    {
        HostUnderTest master = await _setup.Master().ReadyAsync();
        HostUnderTest slave = await _setup.Slave().ReadyAsync();
        ToolProcess.Shell($"cd {_setup.Mount}; mkdir a b c; echo content > a/f");
        await Setup.CaughtUpAsync(master, slave);
        Assert.Equal(0, master.Stop());
        await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        return slave;
    }

    private static void Refused(HostUnderTest host, string words)
    {
        Assert.Equal(76, host.WaitForExit());
        Assert.Contains(words, host.LogOfThisRun, StringComparison.Ordinal);
    }
}
