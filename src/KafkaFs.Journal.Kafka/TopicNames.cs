using KafkaFs.Journal.Contract;

namespace KafkaFs.Journal.Kafka;

/// <summary>Kafka's rule for topic names (org.apache.kafka.common.internals.Topic).</summary>
public static class TopicNames
{
    /// <summary>The name is 1 to 249 of [a-zA-Z0-9._-], and neither "." nor "..".</summary>
    public static bool IsValid(string name) =>
        name.Length is >= 1 and <= 249
        && name is not ("." or "..")
        && name.All(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '_' or '-');

    internal static void Require(string name)
    {
        if (!IsValid(name))
        {
            throw new JournalRefusedException(
                JournalRefusal.Missing, $"'{name}' is no name of a topic: 1 to 249 letters, digits, '.', '_' and '-' are allowed");
        }
    }
}
