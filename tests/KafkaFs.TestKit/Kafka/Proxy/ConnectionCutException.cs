namespace KafkaFs.TestKit.Kafka.Proxy;

/// <summary>The plan wants this connection cut.</summary>
internal sealed class ConnectionCutException : Exception;
