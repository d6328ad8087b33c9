using KafkaFs.TestKit.Kafka.Proxy;

namespace KafkaFs.Journal.Kafka.Tests.Proxy;

/// <summary>One broker behind a proxy, for all tests of a class.</summary>
public sealed class ProxiedFixture : IDisposable
{
    public ProxiedCluster Cluster { get; } = ProxiedCluster.Start();

    public void Dispose() => Cluster.Dispose();
}
