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

    /// <summary>The broker answers questions about the topic with this error from now on; 0 for none.</summary>
    public void SetTopicError(string topic, int error) => rd_kafka_mock_topic_set_error(_cluster, topic, error);

    /// <summary>The next Produce requests are answered with these errors.</summary>
    public void RefuseProduce(params int[] errors)
    {
        const short produce = 0;
        rd_kafka_mock_push_request_errors_array(_cluster, produce, errors.Length, errors);
    }

    /// <summary>So many questions for a group's coordinator are answered with this error.</summary>
    public void RefuseGroup(int error, int times)
    {
        const short findCoordinator = 10;
        rd_kafka_mock_push_request_errors_array(_cluster, findCoordinator, times, [.. Enumerable.Repeat(error, times)]);
    }

    /// <summary>Every answer takes this long.</summary>
    public void SetRoundTrip(TimeSpan time)
    {
        const int firstBroker = 1;
        _ = rd_kafka_mock_broker_set_rtt(_cluster, firstBroker, (int)time.TotalMilliseconds);
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

    [LibraryImport("librdkafka", StringMarshalling = StringMarshalling.Utf8)]
    private static partial void rd_kafka_mock_topic_set_error(nint cluster, string topic, int error);

    [LibraryImport("librdkafka")]
    private static partial void rd_kafka_mock_push_request_errors_array(nint cluster, short request, nint count, int[] errors);

    [LibraryImport("librdkafka")]
    private static partial int rd_kafka_mock_broker_set_rtt(nint cluster, int broker, int milliseconds);

    [LibraryImport("librdkafka")]
    private static partial void rd_kafka_mock_cluster_destroy(nint cluster);
}
