using KafkaFs.TestKit;
using KafkaFs.TestKit.Kafka;
using KafkaFs.TestKit.Kafka.Proxy;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests;

/// <summary>A consumer that is given nothing any more, while the brokers answer all else: a slave makes another one.</summary>
[Trait("Tier", "broker")]
public sealed class SilentReaderTests : IDisposable
{
    private readonly ProxiedCluster _cluster;
    private readonly Setup _setup, _proxied;

    public SilentReaderTests()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        _cluster = ProxiedCluster.Start();
        string topic = KafkaCluster.NewTopic();
        _setup = Setup.Kafka(_cluster.Cluster.Bootstrap, topic);
        string patient = _setup["patient.properties"];

        // Else librdkafka gives up the connection itself after 10 s.
        File.WriteAllText(patient, "socket.timeout.ms=300000\n");
        _proxied = Setup.Kafka(_cluster.Bootstrap, topic, "--kafka-config", patient);
    }

    [Fact]
    public async Task NothingDelivered_MakesANewConsumerAndTheSlaveCatchesUp()
    {
        HostUnderTest master = await _setup.Master().ReadyAsync(), slave = await _proxied.Slave().ReadyAsync();
        ToolProcess.Shell($"mkdir {_setup.Mount}/before");
        await Setup.CaughtUpAsync(master, slave);
        _cluster.Faults = new FaultScript().Nth(FrameDirection.Response, KafkaApi.Fetch, 1, Fate.Hang);
        ToolProcess.Shell($"mkdir {_setup.Mount}/behind");
        await Setup.CaughtUpAsync(master, slave);
        Assert.Contains("and nothing is delivered; nothing: a new consumer is made", slave.Log, StringComparison.Ordinal);
        Assert.True(Directory.Exists(_proxied["s/behind"]));
        Assert.Equal(0, slave.Stop());
        Assert.Equal(0, master.Stop());
    }

    public void Dispose()
    {
        _proxied.Dispose();
        _setup.Dispose();
        _cluster.Dispose();
    }
}
