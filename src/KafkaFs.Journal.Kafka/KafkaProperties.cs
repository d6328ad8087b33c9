using Confluent.Kafka;

namespace KafkaFs.Journal.Kafka;

/// <summary>Which librdkafka properties a user may set.</summary>
public static class KafkaProperties
{
    // A client that is only made to look at its settings warns that it has no broker.
    private const string Silent = "0";

    /// <summary>
    /// Properties (and their other names) that make the guarantees true or belong to another setting: nobody may set them. All of
    /// Confluent.Kafka's own, `dotnet.*`, are reserved as well.
    /// </summary>
    public static IReadOnlyCollection<string> Reserved => s_reserved.Keys;

    // Of today's names, of those to come, and of Java's.
    private static readonly string[] s_secretParts = ["password", "passphrase", "secret", "key.pem", "oauthbearer.config", "jaas.config"];

    private static readonly Dictionary<string, string> s_reserved = new(StringComparer.OrdinalIgnoreCase)
    {
        ["acks"] = "an answered change must be on all in-sync brokers",
        ["request.required.acks"] = "an answered change must be on all in-sync brokers",
        ["enable.idempotence"] = "records would come twice, or out of order",
        ["enable.gapless.guarantee"] = "one refused record would end the producer",
        ["transactional.id"] = "the journal has no transactions",
        ["message.timeout.ms"] = "a record must not be given up while its call waits",
        ["delivery.timeout.ms"] = "a record must not be given up while its call waits",
        ["retries"] = "a record must not be given up while its call waits",
        ["message.send.max.retries"] = "a record must not be given up while its call waits",
        ["allow.auto.create.topics"] = "a deleted topic would come back empty",
        ["auto.offset.reset"] = "a gap must be an error",
        ["isolation.level"] = "anybody's open transaction would stall every replica",
        ["enable.auto.commit"] = "positions are kept with the data",
        ["enable.auto.offset.store"] = "positions are kept with the data",
        ["enable.partition.eof"] = "the reader asks for the end itself",
        ["check.crcs"] = "damaged records must be noticed",
        ["bootstrap.servers"] = "Journal:Kafka:BootstrapServers names the brokers",
        ["metadata.broker.list"] = "Journal:Kafka:BootstrapServers names the brokers",
        ["client.id"] = "Journal:Kafka:ClientId names the client",
        ["auto.commit.enable"] = "positions are kept with the data",
        ["group.id"] = "Journal:Kafka:GroupId names the consumer group",
    };

    /// <summary>
    /// A property's name as librdkafka has it: names of environment variables hold no dots, so the underscores of a name without a
    /// dot stand for them (`log_level` is librdkafka's own).
    /// </summary>
    public static string Name(string key) =>
        key.Contains('.', StringComparison.Ordinal) || key.Equals("log_level", StringComparison.OrdinalIgnoreCase) ? key : key.Replace('_', '.');

    /// <summary>The value of the property is a password, a private key, or may hold one.</summary>
    public static bool IsSecret(string key)
    {
        string name = Name(key);
        return s_secretParts.Any(part => name.Contains(part, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>
    /// What is wrong with <paramref name="properties"/>, a sentence for each problem, with the property's name and never its value; empty
    /// if nothing is. Reserved names are found at once; unknown names and bad values by making clients that connect to nothing
    /// (some 10 ms, reads key files that are named; one such problem is found at a time). Safe from any thread.
    /// </summary>
    public static IReadOnlyList<string> Check(IReadOnlyDictionary<string, string> properties)
    {
        List<string> problems = [.. properties.Keys.Where(IsReserved).Order(StringComparer.Ordinal)
            .Select(key => $"{key} may not be set: {s_reserved.GetValueOrDefault(key, "it is not librdkafka's")}")];
        if (problems.Count == 0 && properties.Count > 0 && TryClients(properties) is string problem)
        {
            problems.Add(problem);
        }

        return problems;
    }

    private static bool IsReserved(string key) =>
        s_reserved.ContainsKey(key) || key.StartsWith("dotnet.", StringComparison.OrdinalIgnoreCase);

    private static string? TryClients(IReadOnlyDictionary<string, string> properties)
    {
        KafkaJournalOptions options = new() { BootstrapServers = "", Topic = "", Properties = properties };
        try
        {
            ProducerConfig producer = KafkaClientSettings.Producer(options, KafkaClientSettings.MaxMessageBytes);
            producer.Set("log_level", Silent);
            new ProducerBuilder<Null, byte[]>(producer).SetLogHandler((_, _) => { }).Build().Dispose();
            ConsumerConfig[] consumers =
                [KafkaClientSettings.Consumer(options, KafkaClientSettings.MaxMessageBytes), KafkaClientSettings.ProbeConsumer(options), KafkaClientSettings.GroupConsumer(options)];
            foreach (ConsumerConfig consumer in consumers)
            {
                consumer.Set("log_level", Silent);
                new ConsumerBuilder<Ignore, Ignore>(consumer).SetLogHandler((_, _) => { }).Build().Dispose();
            }

            return null;
        }
        catch (InvalidOperationException exception)
        {
            return exception.Message;
        }
        catch (ArgumentException exception)
        {
            return exception.Message;
        }
        catch (KafkaException exception)
        {
            return exception.Message;
        }
    }
}
