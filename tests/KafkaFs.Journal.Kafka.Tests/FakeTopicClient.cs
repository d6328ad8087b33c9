using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace KafkaFs.Journal.Kafka.Tests;

/// <summary>Answers questions about a topic as a test wants, in the exceptions of Confluent.Kafka; what has no answer throws.</summary>
internal sealed class FakeTopicClient : ITopicClient
{
    public Func<TopicSpecification, ErrorCode> Create { get; init; } = _ => throw new NotSupportedException();

    public Func<(ErrorCode Error, Uuid Id)> Describe { get; init; } = () => throw new NotSupportedException();

    /// <summary>The only partition of the topic; null where a test does not look at it.</summary>
    public TopicPartitionInfo? Partition { get; init; }

    public Func<(ErrorCode Error, Dictionary<string, string> Settings)> Configs { get; init; } = () => throw new NotSupportedException();

    public string ClusterId { get; init; } = "the-cluster";

    public List<Node> Replicas { get; init; } = [];

    public Task<DescribeClusterResult> DescribeClusterAsync(TimeSpan limit) =>
        Task.FromResult(Made<DescribeClusterResult>(("ClusterId", ClusterId)));

    public async Task<TopicDescription> DescribeTopicAsync(string topic, TimeSpan limit)
    {
        await Task.Yield();
        (ErrorCode error, Uuid id) = Describe();
        TopicDescription description = Made<TopicDescription>(("Error", new Error(error)), ("TopicId", id),
            ("Partitions", new List<TopicPartitionInfo> { Partition ?? Made<TopicPartitionInfo>(("Replicas", Replicas)) }));
        return error == ErrorCode.NoError
            ? description
            : throw new DescribeTopicsException(Made<DescribeTopicsReport>(("TopicDescriptions", new List<TopicDescription> { description })));
    }

    public async Task CreateTopicAsync(TopicSpecification topic, TimeSpan limit)
    {
        await Task.Yield();
        ErrorCode error = Create(topic);
        if (error != ErrorCode.NoError)
        {
            throw new CreateTopicsException([new CreateTopicReport { Topic = topic.Name, Error = new Error(error) }]);
        }
    }

    public async Task<Dictionary<string, ConfigEntryResult>> DescribeConfigsAsync(string topic, TimeSpan limit)
    {
        await Task.Yield();
        (ErrorCode error, Dictionary<string, string> settings) = Configs();
        return error == ErrorCode.NoError
            ? settings.ToDictionary(pair => pair.Key, pair => Made<ConfigEntryResult>(("Name", pair.Key), ("Value", pair.Value)))
            : throw new DescribeConfigsException([Made<DescribeConfigsReport>(("Error", new Error(error)))]);
    }

    public (long First, long Next, int? LeaderEpoch) Offsets { get; init; } = (0, 0, null);

    public Task<(long First, long Next, int? LeaderEpoch)> ListOffsetsAsync(string topic, TimeSpan limit) => Task.FromResult(Offsets);

    public void Dispose()
    {
        // It holds nothing.
    }

    // The results of Confluent.Kafka have setters that are not public.
    internal static T Made<T>(params (string Property, object Value)[] values)
    {
        T made = (T)Activator.CreateInstance(typeof(T), nonPublic: true)!;
        foreach ((string property, object value) in values)
        {
            typeof(T).GetProperty(property)!.SetValue(made, value);
        }

        return made;
    }
}
