using Confluent.Kafka;

namespace KafkaFs.Journal.Kafka.Tests;

/// <summary>What a consumer group has committed.</summary>
internal static class GroupOffsets
{
    /// <summary>
    /// The offset; negative for none, or if the brokers do not say it yet. Not with the admin client: librdkafka 2.16 ends the process
    /// (SIGSEGV) when a coordinator that still loads answers ListConsumerGroupOffsets.
    /// </summary>
    public static long Committed(string bootstrap, string group, string topic)
    {
        ConsumerConfig config = new() { BootstrapServers = bootstrap, GroupId = group };
        using IConsumer<Ignore, Ignore> consumer = new ConsumerBuilder<Ignore, Ignore>(config).Build();
        try
        {
            return consumer.Committed([new TopicPartition(topic, 0)], TimeSpan.FromSeconds(5))[0].Offset.Value;
        }
        catch (KafkaException exception) when (exception.Error.Code is ErrorCode.Local_TimedOut or ErrorCode.Local_WaitCoord
            or ErrorCode.NotCoordinatorForGroup or ErrorCode.GroupCoordinatorNotAvailable or ErrorCode.GroupLoadInProgress)
        {
            return -1;
        }
    }
}
