namespace KafkaFs.TestKit.Kafka.Proxy;

/// <summary>Kinds of requests that tests name (https://kafka.apache.org/protocol, "Api Keys"); others are passed on by number.</summary>
public enum KafkaApi : short
{
    Produce = 0,
    Fetch = 1,
    ListOffsets = 2,
    Metadata = 3,
    FindCoordinator = 10,
    ApiVersions = 18,
    InitProducerId = 22,
    DescribeConfigs = 32,
    DescribeCluster = 60,
    DescribeTopicPartitions = 75,
}
