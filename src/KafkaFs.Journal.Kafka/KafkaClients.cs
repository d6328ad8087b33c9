using Confluent.Kafka;

namespace KafkaFs.Journal.Kafka;

/// <summary>Makes clients with our settings, whose complaints go to <see cref="KafkaTrouble"/>. The caller disposes them.</summary>
internal static class KafkaClients
{
    public static IAdminClient Admin(KafkaJournalOptions options, KafkaTrouble trouble) =>
        new AdminClientBuilder(KafkaClientSettings.Admin(options))
            .SetErrorHandler((_, error) => trouble.OnError(error))
            .SetLogHandler((_, message) => trouble.OnLog(message))
            .Build();

    public static IConsumer<Ignore, T> Consumer<T>(KafkaJournalOptions options, int maxRecordBytes, KafkaTrouble trouble, IDeserializer<T> deserializer) =>
        Consumer(KafkaClientSettings.Consumer(options, maxRecordBytes), trouble, deserializer);

    /// <summary>A consumer for single records, which says where the partition ends.</summary>
    public static IConsumer<Ignore, byte[]> ProbeConsumer(KafkaJournalOptions options, KafkaTrouble trouble) =>
        Consumer(KafkaClientSettings.ProbeConsumer(options), trouble, Deserializers.ByteArray);

    /// <summary>A consumer that reads nothing and commits for the group.</summary>
    public static IConsumer<Ignore, Ignore> GroupConsumer(KafkaJournalOptions options, KafkaTrouble trouble) =>
        Consumer(KafkaClientSettings.GroupConsumer(options), trouble, Deserializers.Ignore);

    public static IProducer<Null, byte[]> Producer(KafkaJournalOptions options, int maxRecordBytes, KafkaTrouble trouble, Action<Error> onError) =>
        new ProducerBuilder<Null, byte[]>(KafkaClientSettings.Producer(options, maxRecordBytes))
            .SetErrorHandler((_, error) =>
            {
                trouble.OnError(error);
                onError(error);
            })
            .SetLogHandler((_, message) => trouble.OnLog(message))
            .Build();

    private static IConsumer<Ignore, T> Consumer<T>(ConsumerConfig config, KafkaTrouble trouble, IDeserializer<T> deserializer) =>
        new ConsumerBuilder<Ignore, T>(config)
            .SetValueDeserializer(deserializer)
            .SetErrorHandler((_, error) => trouble.OnError(error))
            .SetLogHandler((_, message) => trouble.OnLog(message))
            .Build();
}
