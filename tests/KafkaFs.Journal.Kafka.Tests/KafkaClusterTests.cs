using Confluent.Kafka;
using KafkaFs.TestKit.Kafka;
using Xunit;

namespace KafkaFs.Journal.Kafka.Tests;

/// <summary>What tests do to topics behind the back of those who use them has the effect that its name says.</summary>
[Trait("Tier", "broker")]
public sealed class KafkaClusterTests(KafkaClusterTests.OwnCluster own) : IClassFixture<KafkaClusterTests.OwnCluster>
{
    private readonly KafkaCluster _cluster = own.Cluster;
    private readonly string _topic = KafkaCluster.NewTopic();

    [Fact]
    public async Task ATruncatedLogEndsEarly()
    {
        await FillAsync();
        Assert.Equal(3, _cluster.TruncateLog(_topic, 3));
        Assert.Equal((0, 3), Bounds());
        await AppendAsync(9);
        Assert.Equal([0, 1, 2, 9], Records(0));
    }

    [Fact]
    public async Task ARewoundClusterIsAsItWas()
    {
        await FillAsync();
        _cluster.KeepCopy();
        await AppendAsync(5);
        Assert.Equal((0, 6), Bounds());
        _cluster.Rewind();
        Assert.Equal((0, 5), Bounds());
        Assert.Equal([0, 1, 2, 3, 4], Records(0));
    }

    [Fact]
    public async Task ARecreatedTopicHasAnotherIdAndNoRecords()
    {
        await FillAsync();
        string before = await IdAsync();
        _cluster.RecreateTopic(_topic);
        Assert.NotEqual(before, await IdAsync());
        Assert.Equal((0, 0), Bounds());
    }

    [Fact]
    public async Task DeletedRecordsMoveTheFirstOffset()
    {
        await FillAsync();
        _cluster.DeleteRecords(_topic, before: 2);
        Assert.Equal((2, 5), Bounds());
    }

    [Fact]
    public async Task ALostLogIsEmpty()
    {
        await FillAsync();
        _cluster.StopBroker(1);
        _cluster.LoseLog(1, _topic);
        _cluster.StartBroker(1);
        Assert.Equal((0, 0), Bounds());
    }

    [Fact]
    public async Task CompactionTakesRecordsWithKeysOutOfTheMiddle()
    {
        _cluster.CreateTopic(_topic);
        for (byte number = 0; number < 4; number++)
        {
            await AppendAsync(number, key: [1]);
        }

        _cluster.Compact(_topic);
        // Segments roll when something is appended.
        for (int attempt = 0; Records(0).Length > attempt + 1; attempt++)
        {
            Assert.True(attempt < 30, "Nothing was compacted.");
            await Task.Delay(1_500, TestContext.Current.CancellationToken);
            await AppendAsync(7, key: [2, (byte)attempt]);
        }
    }

    [Fact]
    public async Task APausedBrokerDoesNotAnswerUntilItIsResumed()
    {
        _cluster.CreateTopic(_topic);
        _cluster.PauseBroker(1);
        Task appended = AppendAsync(1);
        await Task.Delay(1_000, TestContext.Current.CancellationToken);
        Assert.False(appended.IsCompleted);
        _cluster.ResumeBroker(1);
        await appended;
        Assert.Equal(1, _cluster.Leader(_topic));
    }

    private async Task FillAsync()
    {
        _cluster.CreateTopic(_topic);
        for (byte number = 0; number < 5; number++)
        {
            await AppendAsync(number);
        }
    }

    private async Task AppendAsync(byte content, byte[]? key = null)
    {
        using IProducer<byte[], byte[]> producer = new ProducerBuilder<byte[], byte[]>(new ProducerConfig { BootstrapServers = _cluster.Bootstrap, LingerMs = 0 }).Build();
        await producer.ProduceAsync(_topic, new Message<byte[], byte[]> { Key = key!, Value = [content] });
    }

    private async Task<string> IdAsync()
    {
        using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = _cluster.Bootstrap }).Build();
        return (await admin.DescribeTopicsAsync(TopicCollection.OfTopicNames([_topic]))).TopicDescriptions[0].TopicId.ToString();
    }

    private (long First, long Next) Bounds()
    {
        using IConsumer<Ignore, byte[]> consumer = Consumer();
        WatermarkOffsets found = consumer.QueryWatermarkOffsets(new TopicPartition(_topic, 0), TimeSpan.FromSeconds(20));
        return (found.Low.Value, found.High.Value);
    }

    private byte[] Records(long from)
    {
        using IConsumer<Ignore, byte[]> consumer = Consumer();
        consumer.Assign(new TopicPartitionOffset(_topic, 0, from));
        List<byte> found = [];
        for (ConsumeResult<Ignore, byte[]> next = consumer.Consume(TimeSpan.FromSeconds(20)); !next.IsPartitionEOF; next = consumer.Consume(TimeSpan.FromSeconds(20)))
        {
            found.Add(next.Message.Value[0]);
        }

        return [.. found];
    }

    private IConsumer<Ignore, byte[]> Consumer() => new ConsumerBuilder<Ignore, byte[]>(
        new ConsumerConfig { BootstrapServers = _cluster.Bootstrap, GroupId = "none", EnableAutoCommit = false, EnablePartitionEof = true }).Build();

    public sealed class OwnCluster : IDisposable
    {
        public KafkaCluster Cluster { get; } = KafkaCluster.StartOwn("log.cleaner.backoff.ms=500");

        public void Dispose() => Cluster.Dispose();
    }
}
