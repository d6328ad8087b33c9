using System.Diagnostics;
using Confluent.Kafka;
using KafkaFs.Journal.Contract;
using KafkaFs.TestKit.Journal;
using KafkaFs.TestKit.Kafka;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace KafkaFs.Journal.Kafka.Tests;

/// <summary>
/// The design's table "Appends: what is known, what a master does": what a producer reports for each row, on librdkafka's mock cluster. What
/// a master does then is in the table's tests of its session, and on a real broker in those of the whole system.
/// </summary>
public sealed class AppendTableTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    private readonly KafkaTrouble _trouble = new(NullLogger.Instance, new KafkaJournalOptions { BootstrapServers = "", Topic = "" });
    private readonly string _topic = KafkaCluster.NewTopic();
    private readonly MockKafka _mock;
    private readonly RecordingListener _listener = new();

    public AppendTableTests()
    {
        Library.Load();
        _mock = new MockKafka();
        _mock.CreateTopic(_topic);
    }

    [Fact]
    public async Task Ack_SaysWhereTheRecordIs()
    {
        using KafkaAppender appender = Open();
        Assert.True(appender.TryAppend(new byte[] { 1 }, 7));
        Assert.Equal((7, AppendStatus.Placed, 0), await OneAsync(0));
    }

    // Only the mock shows it: no class of Kafka 4.3.1 but its own client names DUPLICATE_SEQUENCE_NUMBER. A broker answers a batch that is
    // among the producer's last five with its offset, and an older one with OUT_OF_ORDER_SEQUENCE_NUMBER; other brokers may be others.
    [Fact]
    public async Task AckWithoutOffset_IsPlacedSomewhere()
    {
        using KafkaAppender appender = Open();
        Assert.True(appender.TryAppend(new byte[] { 1 }, 1));
        await OneAsync(0);
        _mock.RefuseProduce((int)ErrorCode.DuplicateSequenceNumber);
        Assert.True(appender.TryAppend(new byte[] { 2 }, 2));
        Assert.Equal((2, AppendStatus.PlacedSomewhere, -1), await OneAsync(1));
        Assert.Empty(_listener.Failures);
    }

    [Theory]
    [InlineData(ErrorCode.NotLeaderForPartition)]
    [InlineData(ErrorCode.LeaderNotAvailable)]
    [InlineData(ErrorCode.NotEnoughReplicas)]
    [InlineData(ErrorCode.NotEnoughReplicasAfterAppend)]
    [InlineData(ErrorCode.RequestTimedOut)]
    [InlineData(ErrorCode.Local_Transport)]
    public async Task TransportErrorsAndTheirLike_AreRetriedByTheClient(ErrorCode error)
    {
        using KafkaAppender appender = Open();
        _mock.RefuseProduce((int)error, (int)error);
        Assert.True(appender.TryAppend(new byte[] { 1 }, 1));
        Assert.Equal((1, AppendStatus.Placed, 0), await OneAsync(0));
        Assert.Empty(_listener.Failures);
    }

    [Theory]
    [InlineData(1, "1 of 3 replicas of topic")]
    [InlineData(3, null)]
    public async Task NotEnoughReplicas_TheCauseIsInTheStatusLine(int inSync, string? words)
    {
        List<Node> nodes = [.. Enumerable.Range(0, 3).Select(id => new Node { Id = id, Host = "h", Port = 1 })];
        TopicPartitionInfo partition = FakeTopicClient.Made<TopicPartitionInfo>(("Leader", nodes[0]), ("Replicas", nodes), ("ISR", nodes[..inSync]));
        FakeTopicClient client = new()
        {
            Describe = static () => (ErrorCode.NoError, new Uuid(1, 2)),
            Configs = static () => (ErrorCode.NoError, []),
            Partition = partition,
        };
        using KafkaLogProbe probe = new(Options(), _ => client, _trouble);
        using KafkaAppender appender = Open();
        Assert.True(appender.TryAppend(new byte[] { 1 }, 1));
        await OneAsync(0);
        Assert.Null(_trouble.Words);
        _mock.SetRoundTrip(TimeSpan.FromSeconds(8));
        Assert.True(appender.TryAppend(new byte[] { 2 }, 2));
        probe.Look(TestContext.Current.CancellationToken);
        await Task.Delay(6_000, TestContext.Current.CancellationToken);
        Assert.Equal(words is null, _trouble.Words is null);
        Assert.StartsWith(words ?? "", _trouble.Words ?? "", StringComparison.Ordinal);
        await OneAsync(1);
        Assert.Null(_trouble.Words);
    }

    [Fact]
    public async Task LocalQueueFull_TheRecordIsNotTakenAndAnotherTimeItIs()
    {
        _mock.SetRoundTrip(TimeSpan.FromMilliseconds(300));
        using KafkaAppender appender = Open(("queue.buffering.max.messages", "2"));
        Assert.True(appender.TryAppend(new byte[] { 1 }, 1));
        Assert.True(appender.TryAppend(new byte[] { 2 }, 2));
        Assert.False(appender.TryAppend(new byte[] { 3 }, 3));
        await _listener.WaitAsync(2);
        Assert.True(appender.TryAppend(new byte[] { 3 }, 3));
        Assert.Equal((3, AppendStatus.Placed, 2), await OneAsync(2));
    }

    // With a timeout, which no user may set.
    [Fact]
    public async Task LocalMsgTimedOut_IsUnknown()
    {
        _mock.SetRoundTrip(TimeSpan.FromSeconds(5));
        using KafkaAppender appender = Open(("message.timeout.ms", "500"), ("socket.timeout.ms", "400"));
        Assert.True(appender.TryAppend(new byte[] { 1 }, 1));
        Assert.Equal((1, AppendStatus.Unknown, -1), await OneAsync(0));
    }

    [Theory]
    [InlineData(ErrorCode.MsgSizeTooLarge, true)]
    [InlineData(ErrorCode.InvalidRecord, false)]
    [InlineData(ErrorCode.InvalidTimestamp, false)]
    [InlineData(ErrorCode.PolicyViolation, false)]
    public async Task Refused_IsNotInTheLogAndTheNextOneIs(ErrorCode error, bool isTooLong)
    {
        using KafkaAppender appender = Open();
        Assert.True(appender.TryAppend(new byte[] { 1 }, 1));
        await OneAsync(0);
        _mock.RefuseProduce((int)error);
        Assert.True(appender.TryAppend(new byte[] { 2 }, 2));
        Assert.Equal((2, AppendStatus.Refused, -1), await OneAsync(1));
        Assert.Equal(isTooLong, _listener.Reports[1].Result.IsTooLong);
        Assert.True(appender.TryAppend(new byte[] { 3 }, 3));
        Assert.Equal((3, AppendStatus.Placed, 1), await OneAsync(2));
        Assert.Empty(_listener.Failures);
    }

    [Fact]
    public async Task Refused_ALongerRecordThanTheClientTakesIsReportedAsAnyOther()
    {
        using KafkaAppender appender = Open();
        Assert.True(appender.TryAppend(new byte[1_100_000], 1));
        Assert.Equal((1, AppendStatus.Refused, -1), await OneAsync(0));
        Assert.True(_listener.Reports[0].Result.IsTooLong);
    }

    [Fact]
    public async Task Authorization_TheProducerHasFailedForbiddenAndNamesTheRight()
    {
        using KafkaAppender appender = Open();
        Assert.True(appender.TryAppend(new byte[] { 1 }, 1));
        await OneAsync(0);
        _mock.RefuseProduce((int)ErrorCode.TopicAuthorizationFailed);
        Assert.True(appender.TryAppend(new byte[] { 2 }, 2));
        Assert.Equal((2, AppendStatus.Unknown, -1), await OneAsync(1));
        await FailedAsync(AppenderFailure.Forbidden, $"do not allow Write on topic '{_topic}'", appender);
        Assert.Contains($"do not allow Write on topic '{_topic}'", _trouble.Words, StringComparison.Ordinal);

        using KafkaAppender another = Open();
        Assert.True(another.TryAppend(new byte[] { 2 }, 3));
        Assert.Equal((3, AppendStatus.Placed, 1), await OneAsync(2));
        Assert.Null(_trouble.Words);
    }

    [Fact]
    public async Task UnknownTopic_TheLogIsInDoubt()
    {
        _mock.SetTopicError(_topic, (int)ErrorCode.UnknownTopicOrPart);
        using KafkaAppender appender = Open();
        appender.TryAppend(new byte[] { 1 }, 1);
        await FailedAsync(AppenderFailure.LogInDoubt, $"does not know topic '{_topic}'", appender);
    }

    [Fact]
    public async Task Fatal_OutOfOrderSequence_IsLogInDoubtAndReportedOnce()
    {
        using KafkaAppender appender = Open();
        Assert.True(appender.TryAppend(new byte[] { 1 }, 1));
        await OneAsync(0);
        _mock.RefuseProduce((int)ErrorCode.OutOfOrderSequenceNumber);
        Assert.True(appender.TryAppend(new byte[] { 2 }, 2));
        await FailedAsync(AppenderFailure.LogInDoubt, "has failed", appender);
        int reports = _listener.Reports.Count;
        await Task.Delay(300, TestContext.Current.CancellationToken);
        Assert.Single(_listener.Failures);
        Assert.Equal(reports, _listener.Reports.Count);
        Assert.Contains("has failed", _trouble.Words, StringComparison.Ordinal);
    }

    // Not fatal for the client, which gives the record back; for the log it is no other case.
    [Fact]
    public async Task Fatal_InvalidProducerEpoch_IsLogInDoubt()
    {
        using KafkaAppender appender = Open();
        Assert.True(appender.TryAppend(new byte[] { 1 }, 1));
        await OneAsync(0);
        _mock.RefuseProduce((int)ErrorCode.InvalidProducerEpoch);
        Assert.True(appender.TryAppend(new byte[] { 2 }, 2));
        Assert.Equal((2, AppendStatus.Unknown, -1), await OneAsync(1));
        await FailedAsync(AppenderFailure.LogInDoubt, "has failed", appender);
    }

    // The client takes a new epoch by itself and sends the record again, where nothing before it is open: what the log has lost then is
    // found by the periodic check.
    [Fact]
    public async Task Fatal_UnknownProducerId_IsFatalOnlyWhereTheClientCannotBeginAnew()
    {
        using KafkaAppender appender = Open();
        Assert.True(appender.TryAppend(new byte[] { 1 }, 1));
        await OneAsync(0);
        _mock.RefuseProduce((int)ErrorCode.UnknownProducerId);
        Assert.True(appender.TryAppend(new byte[] { 2 }, 2));
        Assert.Equal((2, AppendStatus.Placed, 1), await OneAsync(1));
        Assert.Empty(_listener.Failures);
    }

    [Theory]
    [InlineData(ErrorCode.UnknownProducerId, AppenderFailure.LogInDoubt)]
    [InlineData(ErrorCode.InvalidProducerEpoch, AppenderFailure.LogInDoubt)]
    [InlineData(ErrorCode.ProducerFenced, AppenderFailure.LogInDoubt)]
    [InlineData(ErrorCode.ClusterAuthorizationFailed, AppenderFailure.Forbidden)]
    [InlineData(ErrorCode.SaslAuthenticationFailed, AppenderFailure.Forbidden)]
    [InlineData(ErrorCode.Local_Authentication, AppenderFailure.Forbidden)]
    [InlineData(ErrorCode.Local_UnknownTopic, AppenderFailure.LogInDoubt)]
    [InlineData(ErrorCode.Local_Application, AppenderFailure.Listener)]
    [InlineData(ErrorCode.UnsupportedVersion, AppenderFailure.Client)]
    [InlineData(ErrorCode.Local_Fatal, AppenderFailure.Client)]
    public void OtherFatal_IsTheClientsUnlessItSaysMore(ErrorCode error, AppenderFailure failure) =>
        Assert.Equal(failure, ProducerFailures.Of(error));

    public void Dispose() => _mock.Dispose();

    private KafkaAppender Open(params (string Key, string Value)[] properties) =>
        new(Options(properties), 0, 1_000_000, _listener, _trouble);

    private KafkaJournalOptions Options(params (string Key, string Value)[] properties) => new()
    {
        BootstrapServers = _mock.Bootstrap,
        Topic = _topic,
        Properties = new Dictionary<string, string>(properties.Select(pair => KeyValuePair.Create(pair.Key, pair.Value)))
        {
            ["topic.metadata.refresh.interval.ms"] = "200",
            ["topic.metadata.propagation.max.ms"] = "200",
        },
    };

    private async Task<(long Ticket, AppendStatus Status, long Offset)> OneAsync(int report)
    {
        IReadOnlyList<(long Ticket, AppendResult Result)> reports = await _listener.WaitAsync(report + 1);
        return (reports[report].Ticket, reports[report].Result.Status, reports[report].Result.Offset);
    }

    private async Task FailedAsync(AppenderFailure failure, string words, KafkaAppender appender)
    {
        for (Stopwatch watch = Stopwatch.StartNew(); _listener.Failures.Count == 0;)
        {
            Assert.True(watch.Elapsed < s_limit, "The producer has not failed.");
            await Task.Delay(10);
        }

        Assert.Equal(failure, _listener.Failure);
        Assert.Contains(words, Assert.Single(_listener.Failures), StringComparison.Ordinal);
        Assert.False(appender.TryAppend(new byte[] { 9 }, 9));
    }
}
