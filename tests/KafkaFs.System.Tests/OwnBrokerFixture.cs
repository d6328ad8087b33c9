using KafkaFs.TestKit.Kafka;

namespace KafkaFs.System.Tests;

/// <summary>One broker for all tests that take it away and give it back: whoever gets it finds it running. They run one after the other.</summary>
public sealed class OwnBrokerFixture : IDisposable
{
    private readonly Lazy<KafkaCluster> _cluster = new(static () => KafkaCluster.StartOwn());

    public KafkaCluster Cluster => _cluster.Value;

    public void Dispose()
    {
        if (_cluster.IsValueCreated)
        {
            _cluster.Value.Dispose();
        }
    }
}
