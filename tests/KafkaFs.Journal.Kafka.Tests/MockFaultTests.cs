using System.Diagnostics;
using Confluent.Kafka;
using KafkaFs.Journal.Contract;
using KafkaFs.TestKit.Journal;
using KafkaFs.TestKit.Kafka;
using Xunit;

namespace KafkaFs.Journal.Kafka.Tests;

/// <summary>What the provider says and does when brokers, topics and clients fail; on librdkafka's mock cluster.</summary>
public sealed class MockFaultTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    private readonly RecordedWarnings _log = new();
    private readonly KafkaTrouble _trouble;
    private readonly string _topic = KafkaCluster.NewTopic();
    private readonly MockKafka _mock;
    private readonly RecordingListener _listener = new();

    // What the brokers say of the topic to admin clients, which the mock does not serve.
    private (ErrorCode Error, Uuid Id) _answer = (ErrorCode.NoError, new Uuid(1, 2));

    public MockFaultTests()
    {
        Library.Load();
        _trouble = new KafkaTrouble(_log, new KafkaJournalOptions { BootstrapServers = "", Topic = "" });
        _mock = new MockKafka();
        _mock.CreateTopic(_topic);
    }

    [Fact]
    public async Task AListenerThatThrowsHasFailed()
    {
        using KafkaJournal journal = Open();
        ThrowingListener listener = new();
        using IJournalAppender appender = journal.OpenAppender(0, listener);
        appender.TryAppend(new byte[] { 1 }, 1);
        Assert.Contains("on purpose", await listener.Failure.Task.WaitAsync(s_limit, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.False(appender.TryAppend(new byte[] { 1 }, 2));
    }

    [Theory]
    [InlineData(ErrorCode.UnknownTopicOrPart, "does not exist")]
    [InlineData(ErrorCode.TopicAuthorizationFailed, "do not allow Describe")]
    public async Task WhatABrokerSaysOfATopicIsATroubleAndNotTheEnd(ErrorCode error, string words)
    {
        using KafkaJournal journal = Open();
        _mock.SetTopicError(_topic, (int)error);
        _answer.Error = error;
        using IJournalReader reader = journal.OpenReader(0, 0);
        JournalBatch batch = new();
        List<string> suspicions = [];
        journal.Suspected = why =>
        {
            suspicions.Add(why);
            return Task.FromResult(-1);
        };
        await UntilAsync(() =>
        {
            Assert.False(reader.Read(batch, TimeSpan.FromMilliseconds(50)));
            Look(journal);
            return journal.Trouble?.Contains(words, StringComparison.Ordinal) == true;
        });
        Assert.Throws<JournalUnavailableException>(() => journal.QueryBounds(0, default));
        Assert.Contains($"a broker does not know topic '{_topic}'", suspicions);

        _mock.SetTopicError(_topic, 0);
        _answer.Error = ErrorCode.NoError;
        using IJournalAppender appender = journal.OpenAppender(0, _listener);
        await UntilAsync(() => appender.TryAppend(new byte[] { 1 }, 1));
        await UntilAsync(() => reader.Read(batch, TimeSpan.FromMilliseconds(50)));
        Look(journal);
        await UntilAsync(() => journal.Trouble is null);
    }

    [Fact]
    public void ALookTellsWhatTheTopicIsNow()
    {
        using KafkaJournal journal = Open();
        Assert.Equal(journal.Identity, journal.Look(default).Identity);
        _answer = (ErrorCode.NoError, new Uuid(3, 4));
        Assert.Equal(new Uuid(3, 4).ToString(), journal.Look(default).Identity!.Log);
    }

    [Fact]
    public void ThatBrokersAnswerAgainIsToldToWhoChecksTheLog()
    {
        using KafkaJournal journal = Open();
        List<string> suspicions = [];
        journal.Suspected = why =>
        {
            suspicions.Add(why);
            return Task.FromResult(-1);
        };
        journal.QueryBounds(0, default);
        Assert.Empty(suspicions);
        _trouble.OnError(new Error(ErrorCode.Local_AllBrokersDown, "1/1 brokers are down"));
        journal.QueryBounds(0, default);
        Assert.Equal(["the brokers answer again after: 1/1 brokers are down"], suspicions);
    }

    [Fact]
    public void AnAnswerEndsTheComplaintsOfAnIdleHost()
    {
        using KafkaJournal journal = Open();
        _trouble.OnError(new Error(ErrorCode.Local_AllBrokersDown, "1/1 brokers are down"));
        Assert.Equal("1/1 brokers are down", journal.Trouble);
        journal.QueryBounds(0, default);
        Assert.Null(journal.Trouble);
    }

    [Fact]
    public async Task AQueryUnderWayAndDisposeDoNotMeet()
    {
        KafkaJournal journal = Open();
        journal.QueryBounds(0, default);
        _mock.SetRoundTrip(TimeSpan.FromSeconds(1));
        Task<JournalBounds> query = Task.Run(() => journal.QueryBounds(0, default));
        await Task.Delay(300, TestContext.Current.CancellationToken);
        Task dispose = Task.Run(journal.Dispose);
        Assert.Equal(new JournalBounds(0, 0), await query);
        await dispose;
        Assert.Throws<ObjectDisposedException>(() => journal.QueryBounds(0, default));
    }

    [Fact]
    public async Task ADeniedGroupIsOneWarningAndKeepsNobodyFromReading()
    {
        using KafkaJournal journal = Open();
        _mock.RefuseGroup((int)ErrorCode.GroupAuthorizationFailed, 1_000);
        using IJournalReader reader = journal.OpenReader(0, 0);
        await UntilAsync(() =>
        {
            reader.Read(new JournalBatch(), TimeSpan.FromMilliseconds(50));
            return _log.Lines.Count > 0;
        });
        using IJournalAppender appender = journal.OpenAppender(0, _listener);
        Assert.True(appender.TryAppend(new byte[] { 1 }, 1));
        await UntilAsync(() => reader.Read(new JournalBatch(), TimeSpan.FromMilliseconds(50)));
        Assert.Contains("do not allow Read and Describe on group 'kafkafs'", Assert.Single(_log.Lines), StringComparison.Ordinal);
        Assert.Null(journal.Trouble);
    }

    public void Dispose() => _mock.Dispose();

    [Fact]
    public void WhatFreshClientsComplainOfCausesNoLookAndIsNoTrouble()
    {
        KafkaTrouble? heard = null;
        using KafkaJournal journal = Open(fresh => heard = fresh);
        List<string> suspicions = [];
        journal.Suspected = why =>
        {
            suspicions.Add(why);
            return Task.FromResult(-1);
        };
        journal.Probe(0, TestContext.Current.CancellationToken);
        heard!.OnError(new Error(ErrorCode.Local_Transport, "one broker of three is down"));
        Assert.Null(journal.Trouble);
        heard.OnAnswer();
        Assert.Empty(suspicions);
    }

    private KafkaJournal Open(Action<KafkaTrouble>? onConnect = null)
    {
        KafkaJournalOptions options = new()
        {
            BootstrapServers = _mock.Bootstrap,
            Topic = _topic,
            Properties = new Dictionary<string, string>
            {
                ["fetch.wait.max.ms"] = "5",
                ["topic.metadata.refresh.interval.ms"] = "200",
                ["topic.metadata.propagation.max.ms"] = "200",
            },
        };
        FakeTopicClient client = new() { Describe = () => _answer, Configs = () => (ErrorCode.NoError, []) };
        return new KafkaJournal(options, new JournalIdentity("kafka", client.ClusterId, _answer.Id.ToString()), 1_000_000, Connect, _trouble);

        FakeTopicClient Connect(KafkaTrouble heard)
        {
            onConnect?.Invoke(heard);
            return client;
        }
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (Stopwatch watch = Stopwatch.StartNew(); !condition();)
        {
            Assert.True(watch.Elapsed < s_limit, "It did not happen in time.");
            await Task.Delay(10);
        }
    }

    private static void Look(KafkaJournal journal)
    {
        try
        {
            journal.Look(default);
        }
        catch (JournalUnavailableException)
        {
            // Its words are in the journal's trouble.
        }
    }

    private sealed class ThrowingListener : IAppendListener
    {
        public TaskCompletionSource<string> Failure { get; } = new();

        public void OnAppended(long ticket, in AppendResult result) => throw new InvalidOperationException("thrown on purpose");

        public void OnFailed(AppenderFailure failure, string reason) => Failure.TrySetResult($"{failure}: {reason}");
    }
}
