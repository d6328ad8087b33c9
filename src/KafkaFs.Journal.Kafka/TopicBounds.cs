using KafkaFs.Journal.Contract;

namespace KafkaFs.Journal.Kafka;

/// <summary>What the brokers say of a topic's first and next offset.</summary>
internal static class TopicBounds
{
    /// <summary>
    /// Throws <see cref="JournalUnavailableException"/> for an offset below 0: a leader that was elected just now does not know yet what is committed, and
    /// the client makes no error of that.
    /// </summary>
    public static JournalBounds Of(string topic, long first, long next) => first >= 0 && next >= 0
        ? new JournalBounds(first, next)
        : throw new JournalUnavailableException($"the leader of topic '{topic}' does not know yet where it ends");
}
