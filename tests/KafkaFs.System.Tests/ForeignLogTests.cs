using KafkaFs.TestKit;
using KafkaFs.TestKit.Kafka;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests;

/// <summary>A journal that changes under a running host, or while it is stopped: it ends with 76 and the words of the table.</summary>
[Trait("Tier", "broker")]
public sealed class ForeignLogTests : IDisposable
{
    private readonly KafkaCluster _cluster;
    private readonly string _topic = KafkaCluster.NewTopic();
    private readonly Setup _setup;

    public ForeignLogTests()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        _cluster = KafkaCluster.StartOwn();
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

    [Fact]
    public async Task G4_CompactionTurnedOnUnderARunningSlave()
    {
        HostUnderTest slave = await FollowingSlaveAsync();
        _cluster.SetTopic(_topic, "cleanup.policy=compact");
        Refused(slave, $"topic '{_topic}' has cleanup.policy=compact: compaction deletes history");
    }

    public void Dispose()
    {
        _setup.Dispose();
        _cluster.Dispose();
    }

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
