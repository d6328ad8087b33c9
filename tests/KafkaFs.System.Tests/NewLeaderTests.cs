using KafkaFs.TestKit;
using KafkaFs.TestKit.Kafka;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests;

/// <summary>The broker that leads the topic dies, and another one goes on.</summary>
[Trait("Tier", "broker")]
public sealed class NewLeaderTests : IDisposable
{
    private readonly KafkaCluster _cluster;
    private readonly string _topic = KafkaCluster.NewTopic();
    private readonly Setup _setup;

    public NewLeaderTests()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        _cluster = KafkaCluster.StartOwn("", "--brokers", "3");
        _setup = Setup.Kafka(_cluster.Bootstrap, _topic);
    }

    [Fact]
    public async Task ANewLeaderEpochIsSuspectedConfirmedAndFollowed()
    {
        HostUnderTest master = await _setup.Master().ReadyAsync(), slave = await _setup.Slave().ReadyAsync();
        ToolProcess.Shell($"cd {_setup.Mount}; mkdir a; echo content > a/f");
        await Setup.CaughtUpAsync(master, slave);
        _cluster.KillBroker(_cluster.Leader(_topic));
        ToolProcess.Shell($"cd {_setup.Mount}; mkdir b; echo more > b/f");
        await _setup.EqualAsync(master, slave);
        // What was suspected last has the word: the new epoch, or that the brokers answer again.
        Assert.Contains("The log is checked with new clients: ", slave.Log, StringComparison.Ordinal);
        Assert.Equal(0, slave.Stop());
        slave = await _setup.Again(slave, () => _setup.Slave()).ReadyAsync();
        ToolProcess.Shell($"mkdir {_setup.Mount}/c");
        await _setup.EqualAsync(master, slave);
        Assert.Equal(0, slave.Stop());
        Assert.Equal(0, master.Stop());
    }

    public void Dispose()
    {
        _setup.Dispose();
        _cluster.Dispose();
    }
}
