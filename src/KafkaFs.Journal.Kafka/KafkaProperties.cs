using Confluent.Kafka;

namespace KafkaFs.Journal.Kafka;

/// <summary>Which librdkafka properties a user may set.</summary>
public static class KafkaProperties
{
    /// <summary>
    /// Properties (and their other names) that make the guarantees true or belong to another setting: nobody may set them. All of
    /// Confluent.Kafka's own, `dotnet.*`, are reserved as well.
    /// </summary>
    public static IReadOnlyCollection<string> Reserved => s_reserved;

    private static readonly HashSet<string> s_reserved = new(StringComparer.OrdinalIgnoreCase)
    {
        "acks", "request.required.acks", "enable.idempotence", "enable.gapless.guarantee", "transactional.id",
        "allow.auto.create.topics", "auto.offset.reset", "isolation.level", "check.crcs", "enable.partition.eof",
        "enable.auto.commit", "auto.commit.enable", "enable.auto.offset.store",
        "bootstrap.servers", "metadata.broker.list",
    };

    /// <summary>
    /// What is wrong with <paramref name="properties"/>, a sentence for each problem, with the property's name and never its value; empty
    /// if nothing is. Reserved names are found at once; unknown names and bad values by making clients that connect to nothing
    /// (some 10 ms, reads key files that are named; one such problem is found at a time). Safe from any thread.
    /// </summary>
    public static IReadOnlyList<string> Check(IReadOnlyDictionary<string, string> properties)
    {
        List<string> problems = [.. properties.Keys.Where(IsReserved).Order(StringComparer.Ordinal)
            .Select(key => $"'{key}' cannot be set: KafkaFS sets it itself")];
        if (problems.Count == 0 && properties.Count > 0 && TryClients(properties) is string problem)
        {
            problems.Add(problem);
        }

        return problems;
    }

    private static bool IsReserved(string key) =>
        s_reserved.Contains(key) || key.StartsWith("dotnet.", StringComparison.OrdinalIgnoreCase);

    private static string? TryClients(IReadOnlyDictionary<string, string> properties)
    {
        KafkaJournalOptions options = new() { BootstrapServers = "", Topic = "", Properties = properties };
        try
        {
            ProducerConfig producer = KafkaClientSettings.Producer(options, KafkaClientSettings.MaxMessageBytes);
            new ProducerBuilder<Null, byte[]>(producer).SetLogHandler((_, _) => { }).Build().Dispose();
            ConsumerConfig consumer = KafkaClientSettings.Consumer(options, KafkaClientSettings.MaxMessageBytes);
            new ConsumerBuilder<Ignore, Ignore>(consumer).SetLogHandler((_, _) => { }).Build().Dispose();
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
