namespace KafkaFs.Hosting.Configuration;

/// <summary>librdkafka properties that hold up the guarantees, or that another setting names: nobody may turn them.</summary>
internal static class KafkaPropertyRules
{
    private static readonly Dictionary<string, string> s_fixed = new(StringComparer.OrdinalIgnoreCase)
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
    };

    /// <summary>Adds an error for each property that is not the user's to set.</summary>
    public static void Check(SettingsReader reader, string key, IEnumerable<string> properties)
    {
        foreach (string property in properties)
        {
            if (s_fixed.TryGetValue(property, out string? why))
            {
                reader.Errors.Add($"{SettingsReader.Name(key)}:{property} may not be set: {why}");
            }
        }
    }
}
