using System.Runtime.InteropServices;

namespace KafkaFs.TestKit.Kafka;

/// <summary>
/// librdkafka's mock cluster, which comes inside its package: real sockets, no admin calls, 5 MiB kept a partition. One broker.
/// The caller has made the client library load before.
/// </summary>
public sealed partial class MockKafka : IDisposable
{
    private readonly nint _client;
    private readonly nint _cluster;

    static MockKafka() => NativeLibrary.SetDllImportResolver(typeof(MockKafka).Assembly, (name, _, _) =>
        name == "librdkafka" ? NativeLibrary.Load(LoadedLibrary()) : 0);

    public MockKafka()
    {
        const int producer = 0;
        byte[] error = new byte[512];
        _client = rd_kafka_new(producer, rd_kafka_conf_new(), error, error.Length);
        _cluster = rd_kafka_mock_cluster_new(_client, 1);
    }

    public string Bootstrap => Marshal.PtrToStringUTF8(rd_kafka_mock_cluster_bootstraps(_cluster))!;

    public void CreateTopic(string topic)
    {
        if (rd_kafka_mock_topic_create(_cluster, topic, 1, 1) != 0)
        {
            throw new InvalidOperationException($"The mock cluster did not create {topic}.");
        }
    }

    public void Dispose()
    {
        rd_kafka_mock_cluster_destroy(_cluster);
        rd_kafka_destroy(_client);
    }

    // Confluent.Kafka picks one of several builds; the mock must be of the same.
    private static string LoadedLibrary() => File.ReadLines("/proc/self/maps")
        .Select(line => line[(line.LastIndexOf(' ') + 1)..])
        .First(path => Path.GetFileName(path).Contains("librdkafka", StringComparison.Ordinal));

    [LibraryImport("librdkafka")]
    private static partial nint rd_kafka_conf_new();

    [LibraryImport("librdkafka")]
    private static partial nint rd_kafka_new(int type, nint configuration, byte[] error, nint errorSize);

    [LibraryImport("librdkafka")]
    private static partial void rd_kafka_destroy(nint client);

    [LibraryImport("librdkafka")]
    private static partial nint rd_kafka_mock_cluster_new(nint client, int brokers);

    [LibraryImport("librdkafka")]
    private static partial nint rd_kafka_mock_cluster_bootstraps(nint cluster);

    [LibraryImport("librdkafka", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int rd_kafka_mock_topic_create(nint cluster, string topic, int partitions, int replicas);

    [LibraryImport("librdkafka")]
    private static partial void rd_kafka_mock_cluster_destroy(nint cluster);
}
