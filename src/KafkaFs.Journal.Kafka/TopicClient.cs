using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace KafkaFs.Journal.Kafka;

/// <summary>
/// The questions about one topic that an admin client answers: the seam for tests. Each throws what Confluent.Kafka throws, see
/// <see cref="AdminErrors"/>, after <c>limit</c> at the latest.
/// </summary>
internal interface ITopicClient : IDisposable
{
    Task<DescribeClusterResult> DescribeClusterAsync(TimeSpan limit);

    Task<TopicDescription> DescribeTopicAsync(string topic, TimeSpan limit);

    Task CreateTopicAsync(TopicSpecification topic, TimeSpan limit);

    Task<Dictionary<string, ConfigEntryResult>> DescribeConfigsAsync(string topic, TimeSpan limit);

    /// <summary>First and next offset of partition 0, and the epoch of its leader; null if that is not said.</summary>
    Task<(long First, long Next, int? LeaderEpoch)> ListOffsetsAsync(string topic, TimeSpan limit);
}

/// <summary>The real one; owns <paramref name="admin"/>.</summary>
internal sealed class TopicClient(IAdminClient admin) : ITopicClient
{
    public Task<DescribeClusterResult> DescribeClusterAsync(TimeSpan limit) =>
        admin.DescribeClusterAsync(new DescribeClusterOptions { RequestTimeout = limit });

    public async Task<TopicDescription> DescribeTopicAsync(string topic, TimeSpan limit)
    {
        DescribeTopicsOptions options = new() { RequestTimeout = limit };
        DescribeTopicsResult result = await admin.DescribeTopicsAsync(TopicCollection.OfTopicNames([topic]), options).ConfigureAwait(false);
        return result.TopicDescriptions[0];
    }

    public Task CreateTopicAsync(TopicSpecification topic, TimeSpan limit) =>
        admin.CreateTopicsAsync([topic], new CreateTopicsOptions { RequestTimeout = limit, OperationTimeout = limit });

    public async Task<Dictionary<string, ConfigEntryResult>> DescribeConfigsAsync(string topic, TimeSpan limit)
    {
        ConfigResource resource = new() { Type = ResourceType.Topic, Name = topic };
        List<DescribeConfigsResult> result =
            await admin.DescribeConfigsAsync([resource], new DescribeConfigsOptions { RequestTimeout = limit }).ConfigureAwait(false);
        return result[0].Entries;
    }

    public async Task<(long First, long Next, int? LeaderEpoch)> ListOffsetsAsync(string topic, TimeSpan limit)
    {
        TopicPartitionOffsetError[] ends = await Task.WhenAll(
            ListOffsetAsync(topic, OffsetSpec.Earliest(), limit), ListOffsetAsync(topic, OffsetSpec.Latest(), limit)).ConfigureAwait(false);
        return (ends[0].Offset.Value, ends[1].Offset.Value, ends[1].LeaderEpoch);
    }

    private async Task<TopicPartitionOffsetError> ListOffsetAsync(string topic, OffsetSpec which, TimeSpan limit)
    {
        TopicPartitionOffsetSpec partition = new() { TopicPartition = new TopicPartition(topic, 0), OffsetSpec = which };
        ListOffsetsResult result = await admin.ListOffsetsAsync([partition], new ListOffsetsOptions { RequestTimeout = limit }).ConfigureAwait(false);
        return result.ResultInfos[0].TopicPartitionOffsetError;
    }

    public void Dispose() => ClientDisposal.Run(admin);
}
