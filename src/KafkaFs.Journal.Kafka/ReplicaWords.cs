using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace KafkaFs.Journal.Kafka;

/// <summary>Why a partition may take no records although its brokers answer (NOT_LEADER, NOT_ENOUGH_REPLICAS).</summary>
internal static class ReplicaWords
{
    /// <summary>A sentence for a person, or null: the partition has a leader, and all replicas are in sync.</summary>
    public static string? Of(string topic, TopicDescription found)
    {
        if (found.Partitions is not [TopicPartitionInfo partition, ..])
        {
            return null;
        }

        return partition.Leader is null ? $"no broker leads topic '{topic}' now"
            : partition.ISR.Count < partition.Replicas.Count
                ? $"{partition.ISR.Count} of {partition.Replicas.Count} replicas of topic '{topic}' are in sync: fewer than min.insync.replicas take no records"
                : null;
    }
}
