using KafkaFs.Journal.Kafka.Tests;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Kafka;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests;

/// <summary>What Kafka's own tools see of a replica: the offsets of a consumer group.</summary>
[Trait("Tier", "broker")]
public sealed class ConsumerLagTests(BrokerFixture fixture)
{
    private readonly string _topic = KafkaCluster.NewTopic();

    [Fact]
    public async Task TheAppliedPositionIsCommittedWhileRunningAndAtACleanStop()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        using Setup setup = Setup.Kafka(fixture.Cluster.Bootstrap, _topic);
        string group = $"group-of-{_topic}";
        HostUnderTest master = await setup.Master().ReadyAsync();
        setup.Environment["KafkaFs__Journal__Kafka__GroupId"] = group;
        HostUnderTest slave = await setup.Slave().ReadyAsync();
        ToolProcess.Shell($"cd {setup.Mount}; mkdir $(seq 50)");
        await Setup.CaughtUpAsync(master, slave);
        long running = await slave.PositionAsync();
        await HealthAndMetricsTests.UntilAsync(() => Task.FromResult(Committed(group) == running), slave);

        // The rest is committed by the stop: the interval is longer.
        ToolProcess.Shell($"mkdir {setup.Mount}/last");
        await HealthAndMetricsTests.UntilAsync(async () => await slave.PositionAsync() == running + 1, slave);
        Assert.Equal(0, slave.Stop());
        Assert.Equal(running + 1, Committed(group));
        Assert.Equal(0, master.Stop());
    }

    private long Committed(string group) => GroupOffsets.Committed(fixture.Cluster.Bootstrap, group, _topic);
}
