using System.Diagnostics;
using Confluent.Kafka;
using KafkaFs.TestKit.Kafka;
using KafkaFs.TestKit.Kafka.Proxy;
using Xunit;

namespace KafkaFs.Journal.Kafka.Tests.Proxy;

/// <summary>What the proxy can do, with a plain producer and a real broker: what is known of Kafka's clients is seen here.</summary>
[Trait("Tier", "broker")]
public sealed class ProxiedBrokerTests : IClassFixture<ProxiedFixture>, IDisposable
{
    private readonly ProxiedCluster _cluster;
    private readonly string _topic = KafkaCluster.NewTopic();

    public ProxiedBrokerTests(ProxiedFixture fixture)
    {
        _cluster = fixture.Cluster;
        _cluster.Cluster.CreateTopic(_topic);
    }

    private KafkaProxy Proxy => _cluster.Proxy;

    [Fact]
    public async Task ClientsStayBehindTheProxy()
    {
        using IAdminClient admin = Admin();
        Assert.Equal([Proxy.Port], admin.GetMetadata(TimeSpan.FromSeconds(10)).Brokers.Select(broker => broker.Port));
        using IProducer<Null, byte[]> producer = Producer();
        Assert.Equal(0, (await SendAsync(producer, 1)).Offset.Value);
        Assert.Equal(1, Proxy.Seen(FrameDirection.Response, KafkaApi.Produce) - _seenBefore);
    }

    [Fact]
    public async Task AResponseThatIsCutMeansADuplicateSequenceAndOneRecord()
    {
        using IProducer<Null, byte[]> producer = Producer();
        await SendAsync(producer, 1);
        Proxy.Faults = new FaultScript().Nth(FrameDirection.Response, KafkaApi.Produce, 1, Fate.Cut);
        DeliveryResult<Null, byte[]> again = await SendAsync(producer, 2);
        // The broker still knows the batch and says where it is.
        Assert.Equal((1, PersistenceStatus.Persisted), (again.Offset.Value, again.Status));
        Assert.Equal(2, (await SendAsync(producer, 3)).Offset.Value);
        Assert.Equal([1, 2, 3], Records(3));
    }

    [Fact]
    public async Task AllThatIsInFlightIsSentAgainAndIsThereOnceInOrder()
    {
        using IProducer<Null, byte[]> producer = Producer(("max.in.flight.requests.per.connection", "5"));
        await SendAsync(producer, 0);
        // All in flight at once, each in a request of its own; then all are sent again on a new connection.
        Proxy.Faults = new FaultScript().Each(FrameDirection.Response, KafkaApi.Produce, Fate.Hang);
        Task<DeliveryResult<Null, byte[]>>[] sent = [.. Enumerable.Range(1, 5).Select(number => SendAsync(producer, (byte)number))];
        await Proxy.SeenAsync(FrameDirection.Response, KafkaApi.Produce, _seenBefore + 2);
        await Task.Delay(500, TestContext.Current.CancellationToken);
        Proxy.Faults = FaultScript.Calm;
        Proxy.CutAll();
        DeliveryResult<Null, byte[]>[] results = await Task.WhenAll(sent);
        Assert.All(results, result => Assert.Equal(PersistenceStatus.Persisted, result.Status));
        Assert.Equal([0, 1, 2, 3, 4, 5], Records(6));
    }

    [Fact]
    public async Task AResponseThatHangsIsFoundByTheSocketTimeout()
    {
        using IProducer<Null, byte[]> producer = Producer(("socket.timeout.ms", "1500"));
        await SendAsync(producer, 1);
        Proxy.Faults = new FaultScript().Nth(FrameDirection.Response, KafkaApi.Produce, 1, Fate.Hang);
        Stopwatch watch = Stopwatch.StartNew();
        Assert.Equal(1, (await SendAsync(producer, 2)).Offset.Value);
        Assert.InRange(watch.Elapsed.TotalSeconds, 1.4, 20);
        Assert.Equal([1, 2], Records(2));
    }

    // What each error means to librdkafka's idempotent producer: tried again (the broker then says where the record is), taken for an
    // acknowledgement without a place, or fatal; its word NotPersisted is then wrong.
    [Theory]
    [InlineData(7, PersistenceStatus.Persisted, 1)] // REQUEST_TIMED_OUT
    [InlineData(20, PersistenceStatus.Persisted, 1)] // NOT_ENOUGH_REPLICAS_AFTER_APPEND
    [InlineData(46, PersistenceStatus.Persisted, -1)] // DUPLICATE_SEQUENCE_NUMBER
    [InlineData(47, PersistenceStatus.NotPersisted, -1001)] // INVALID_PRODUCER_EPOCH
    [InlineData(45, PersistenceStatus.NotPersisted, -1001)] // OUT_OF_ORDER_SEQUENCE_NUMBER
    public async Task AnErrorIsAnsweredThoughTheBrokerHasAppended(short error, PersistenceStatus status, long offset)
    {
        using IProducer<Null, byte[]> producer = Producer();
        await SendAsync(producer, 1);
        Proxy.Faults = new FaultScript().Nth(FrameDirection.Response, KafkaApi.Produce, 1, Fate.AnswerError(error));
        (PersistenceStatus, long) found;
        try
        {
            DeliveryResult<Null, byte[]> result = await SendAsync(producer, 2);
            found = (result.Status, result.Offset.Value);
        }
        catch (ProduceException<Null, byte[]> exception)
        {
            found = (exception.DeliveryResult.Status, exception.DeliveryResult.Offset.Value);
        }

        Assert.Equal((status, offset), found);
        Assert.Equal([1, 2], Records(2));
    }

    // UNKNOWN_PRODUCER_ID is said of the first batch that the broker meets of a producer it has forgotten.
    [Fact]
    public async Task AProducerThatTheBrokerDoesNotKnowSendsAgainInANewEpochAndTheRecordIsThereTwice()
    {
        using IProducer<Null, byte[]> producer = Producer();
        await SendAsync(producer, 1);
        Proxy.Faults = new FaultScript().Nth(FrameDirection.Response, KafkaApi.Produce, 1, Fate.AnswerError(59));
        Assert.Equal(2, (await SendAsync(producer, 2)).Offset.Value);
        Assert.Equal([1, 2, 2], Records(3));
    }

    [Theory]
    [InlineData(FrameDirection.Request)]
    [InlineData(FrameDirection.Response)]
    public async Task AnApiIsDelayed(FrameDirection direction)
    {
        using IProducer<Null, byte[]> producer = Producer();
        await SendAsync(producer, 1);
        Proxy.Faults = new FaultScript().Each(direction, KafkaApi.Produce, Fate.After(TimeSpan.FromMilliseconds(700)));
        Stopwatch watch = Stopwatch.StartNew();
        await SendAsync(producer, 2);
        Assert.True(watch.ElapsedMilliseconds >= 690, $"{watch.ElapsedMilliseconds} ms");
    }

    [Fact]
    public async Task CutConnectionsAreMadeAgain()
    {
        using IProducer<Null, byte[]> producer = Producer();
        for (byte number = 0; number < 5; number++)
        {
            Task<DeliveryResult<Null, byte[]>> sent = SendAsync(producer, number);
            Proxy.CutAll();
            Assert.Equal(number, (await sent).Offset.Value);
        }

        Assert.Equal([0, 1, 2, 3, 4], Records(5));
    }

    [Fact]
    public async Task WhileConnectionsAreRefusedNothingIsAnsweredAndThenAll()
    {
        using IProducer<Null, byte[]> producer = Producer();
        await SendAsync(producer, 1);
        Proxy.Refuse();
        Proxy.CutAll();
        Task<DeliveryResult<Null, byte[]>> sent = SendAsync(producer, 2);
        await Task.Delay(1_000, TestContext.Current.CancellationToken);
        Assert.False(sent.IsCompleted);
        Proxy.Accept();
        Assert.Equal(1, (await sent).Offset.Value);
    }

    [Fact]
    public async Task ABlackHoleIsSilentUntilItIsReleased()
    {
        using IProducer<Null, byte[]> producer = Producer();
        await SendAsync(producer, 1);
        Proxy.Faults = FaultScript.HoldEverything;
        Task<DeliveryResult<Null, byte[]>> sent = SendAsync(producer, 2);
        await Proxy.HeldAsync();
        await Task.Delay(500, TestContext.Current.CancellationToken);
        Assert.False(sent.IsCompleted);
        Proxy.Faults = FaultScript.Calm;
        Proxy.Release();
        Assert.Equal(1, (await sent).Offset.Value);
    }

    [Fact]
    public async Task AGhostIsAppendedAfterItsProducerIsGone()
    {
        using (IProducer<Null, byte[]> dead = Producer())
        {
            await SendAsync(dead, 1);
            Proxy.Faults = new FaultScript().Each(FrameDirection.Request, KafkaApi.Produce, Fate.Hold);
            _ = SendAsync(dead, 2);
            await Proxy.HeldAsync();
        }

        Proxy.Faults = FaultScript.Calm;
        using IProducer<Null, byte[]> living = Producer();
        Assert.Equal(1, (await SendAsync(living, 3)).Offset.Value);
        Proxy.Release();
        Assert.Equal([1, 3, 2], Records(3));
    }

    [Fact]
    public async Task OnlyMetadataMeansThatATopicIsFoundAndNothingIsAppended()
    {
        Proxy.Faults = FaultScript.OnlyMetadata;
        using IProducer<Null, byte[]> producer = Producer(("enable.idempotence", "false"));
        Task<DeliveryResult<Null, byte[]>> sent = SendAsync(producer, 1);
        await Proxy.SeenAsync(FrameDirection.Request, KafkaApi.Produce, _seenRequestsBefore + 1);
        Assert.False(sent.IsCompleted);
        using IAdminClient admin = Admin();
        Assert.Single(admin.GetMetadata(_topic, TimeSpan.FromSeconds(10)).Topics[0].Partitions);
        Proxy.Faults = FaultScript.Calm;
        Proxy.CutAll();
        await sent;
    }

    public void Dispose()
    {
        Proxy.Faults = FaultScript.Calm;
        Proxy.Release();
        Proxy.Accept();
    }

    private int _seenBefore;
    private int _seenRequestsBefore;

    private IProducer<Null, byte[]> Producer(params (string Key, string Value)[] properties)
    {
        _seenBefore = Proxy.Seen(FrameDirection.Response, KafkaApi.Produce);
        _seenRequestsBefore = Proxy.Seen(FrameDirection.Request, KafkaApi.Produce);
        ProducerConfig configuration = new() { BootstrapServers = _cluster.Bootstrap, LingerMs = 0, EnableIdempotence = true, Acks = Acks.All, BatchNumMessages = 1 };
        foreach ((string key, string value) in properties)
        {
            configuration.Set(key, value);
        }

        return new ProducerBuilder<Null, byte[]>(configuration).SetLogHandler((_, _) => { }).Build();
    }

    private IAdminClient Admin() =>
        new AdminClientBuilder(new AdminClientConfig { BootstrapServers = _cluster.Bootstrap }).SetLogHandler((_, _) => { }).Build();

    private Task<DeliveryResult<Null, byte[]>> SendAsync(IProducer<Null, byte[]> producer, byte content) =>
        producer.ProduceAsync(_topic, new Message<Null, byte[]> { Value = [content] });

    // Past the proxy.
    private byte[] Records(int count)
    {
        using IConsumer<Ignore, byte[]> consumer = new ConsumerBuilder<Ignore, byte[]>(
            new ConsumerConfig { BootstrapServers = _cluster.Cluster.Bootstrap, GroupId = "none", EnableAutoCommit = false }).Build();
        consumer.Assign(new TopicPartitionOffset(_topic, 0, 0));
        List<byte> found = [];
        for (int attempt = 0; attempt < 100 && found.Count < count; attempt++)
        {
            if (consumer.Consume(TimeSpan.FromMilliseconds(100)) is { } result)
            {
                found.Add(result.Message.Value[0]);
            }
        }

        // And nothing more.
        Assert.Null(consumer.Consume(TimeSpan.FromMilliseconds(300)));
        return [.. found];
    }
}
