using KafkaFs.TestKit;
using KafkaFs.TestKit.Files;
using KafkaFs.TestKit.Kafka;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests;

/// <summary>The same suite where every change goes through a topic.</summary>
[Trait("Tier", "broker")]
public sealed class PosixSuiteBrokerTests(BrokerFixture fixture)
{
    [Fact]
    public async Task TheMountPassesItOnKafka()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        using Setup setup = Setup.Kafka(fixture.Cluster.Bootstrap, KafkaCluster.NewTopic());
        HostUnderTest master = await setup.Master(setup.Use(new LoopFileSystem("tmpfs"))["m"]).ReadyAsync();
        PosixSuite.Holds(setup.Mount, "kafkafs");
        Assert.Equal(0, master.Stop());
    }
}
