using System.Diagnostics;
using Confluent.Kafka;
using KafkaFs.Journal.Contract;
using KafkaFs.TestKit.Kafka;
using Xunit;

namespace KafkaFs.Journal.Kafka.Tests;

/// <summary>A reader whose offset the brokers do not have, on librdkafka's mock cluster: what the log says of that, and how often.</summary>
public sealed class OutOfRangeTests : IDisposable
{
    private const long From = 5;

    private static readonly (long First, long Next) s_deleted = (7, 9);

    private readonly string _topic = KafkaCluster.NewTopic();
    private readonly MockKafka _mock;
    private int _probes;

    public OutOfRangeTests()
    {
        Library.Load();
        _mock = new MockKafka();
        _mock.CreateTopic(_topic);
    }

    [Fact]
    public void G4_DeletedRecordsAreRefusedOnceTheyAreFoundTwice()
    {
        using KafkaJournal journal = Open(_ => new FakeTopicClient { Describe = Known, Configs = Defaults, Offsets = (s_deleted.First, s_deleted.Next, null) });
        using IJournalReader reader = journal.OpenReader(0, From);
        JournalRefusedException refused = Assert.Throws<JournalRefusedException>(() => ReadUntil(reader, () => false));
        Assert.Equal(JournalRefusal.Deleted, refused.Refusal);
        Assert.Equal(2, _probes);
    }

    [Fact]
    public void OneAnswerOfABrokerThatIsWrongRefusesNothing()
    {
        using KafkaJournal journal = Open(probe => new FakeTopicClient
        {
            Describe = Known,
            Configs = Defaults,
            Offsets = probe % 2 == 1 ? (s_deleted.First, s_deleted.Next, null) : (From, From, null),
        });
        using IJournalReader reader = journal.OpenReader(0, From);
        ReadUntil(reader, () => _probes == 3);
    }

    [Fact]
    public async Task WhatWakesAReaderEndsItsQuestionToTheLog()
    {
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using ManualResetEventSlim end = new();
        using KafkaJournal journal = Open(_ => new FakeTopicClient
        {
            Describe = () =>
            {
                asked.TrySetResult();
                end.Wait();
                return Known();
            },
        });
        using IJournalReader reader = journal.OpenReader(0, From);
        Task reading = Task.Run(() => reader.Read(new JournalBatch(), TimeSpan.FromMinutes(1)));
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        reader.Wake();
        Task first = await Task.WhenAny(reading, Task.Delay(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken));
        end.Set();
        Assert.Same(reading, first);
        await reading;
    }

    public void Dispose() => _mock.Dispose();

    private static (ErrorCode Error, Uuid Id) Known() => (ErrorCode.NoError, new Uuid(1, 2));

    private static (ErrorCode Error, Dictionary<string, string> Settings) Defaults() => (ErrorCode.NoError, []);

    private static void ReadUntil(IJournalReader reader, Func<bool> isOver)
    {
        for (Stopwatch watch = Stopwatch.StartNew(); !isOver();)
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), "It did not happen in time.");
            Assert.False(reader.Read(new JournalBatch(), TimeSpan.FromMilliseconds(50)));
        }
    }

    private KafkaJournal Open(Func<int, ITopicClient> connect)
    {
        KafkaJournalOptions options = new() { BootstrapServers = _mock.Bootstrap, Topic = _topic, Properties = new Dictionary<string, string> { ["fetch.wait.max.ms"] = "5" } };
        KafkaTrouble trouble = new(new RecordedWarnings(), options);
        return new KafkaJournal(options, new JournalIdentity("kafka", "the-cluster", Known().Id.ToString()), 1_000_000, _ => connect(++_probes), trouble);
    }
}
