using Confluent.Kafka;
using KafkaFs.Journal.Contract;
using KafkaFs.TestKit.Journal;
using KafkaFs.TestKit.Kafka;
using Microsoft.Extensions.Logging.Abstractions;

namespace KafkaFs.Journal.Kafka.Tests;

/// <summary>The contract on librdkafka's mock cluster, which runs everywhere. It knows no admin calls, so topics are made by hand.</summary>
public sealed class MockConformanceTests : JournalConformance, IDisposable
{
    private readonly MockKafka _mock;
    private readonly string _topic = KafkaCluster.NewTopic();

    public MockConformanceTests()
    {
        Library.Load();
        _mock = new MockKafka();
    }

    protected override IJournalProvider Provider => new MockProvider(_mock, _topic);

    protected override bool ReportsAppendTime => false;

    public void Dispose() => _mock.Dispose();

    protected override IJournalProvider OtherProvider() => new MockProvider(_mock, KafkaCluster.NewTopic());

    /// <summary>Opens the real journal on a topic of the mock, which answers no question about topics.</summary>
    private sealed class MockProvider(MockKafka mock, string topic) : IJournalProvider
    {
        private static readonly HashSet<string> s_topics = [];

        public string Description => topic;

        public Task<IJournal> OpenAsync(bool createIfMissing, CancellationToken cancellationToken)
        {
            lock (s_topics)
            {
                if (!s_topics.Contains(topic) && !createIfMissing)
                {
                    throw new JournalRefusedException(JournalRefusal.Missing, "the mock has no such topic");
                }

                if (s_topics.Add(topic))
                {
                    mock.CreateTopic(topic);
                }
            }

            KafkaJournalOptions options = new()
            {
                BootstrapServers = mock.Bootstrap,
                Topic = topic,
                Properties = new Dictionary<string, string> { ["fetch.wait.max.ms"] = "5" },
            };
            KafkaTrouble trouble = new(NullLogger.Instance, options);
            // What a probe asks an admin client; the mock has records, which the test whose reader asks has appended.
            Uuid id = new(topic.GetHashCode(StringComparison.Ordinal), 1);
            FakeTopicClient client = new() { Describe = () => (ErrorCode.NoError, id), Configs = () => (ErrorCode.NoError, []), Offsets = (0, 3, null) };
            return Task.FromResult<IJournal>(new KafkaJournal(options, new JournalIdentity("kafka", client.ClusterId, id.ToString()), 1_000_000, _ => client, trouble));
        }
    }
}
