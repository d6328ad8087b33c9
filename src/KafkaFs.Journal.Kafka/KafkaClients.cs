using Confluent.Kafka;
using KafkaFs.Journal.Contract;

namespace KafkaFs.Journal.Kafka;

/// <summary>
/// Makes clients with our settings, whose complaints go to <see cref="KafkaTrouble"/>. The caller disposes them. Each throws
/// <see cref="JournalUnavailableException"/> when this machine or the configuration has none to give now.
/// </summary>
internal static class KafkaClients
{
    public static IAdminClient Admin(KafkaJournalOptions options, KafkaTrouble trouble) =>
        Build(options, new AdminClientBuilder(KafkaClientSettings.Admin(options))
            .SetErrorHandler((_, error) => trouble.OnError(error))
            .SetLogHandler((_, message) => trouble.OnLog(message))
            .Build);

    public static IConsumer<Ignore, T> Consumer<T>(KafkaJournalOptions options, int maxRecordBytes, KafkaTrouble trouble, IDeserializer<T> deserializer) =>
        Consumer(options, KafkaClientSettings.Consumer(options, maxRecordBytes), trouble, deserializer);

    /// <summary>A consumer for single records, which says where the partition ends.</summary>
    public static IConsumer<Ignore, byte[]> ProbeConsumer(KafkaJournalOptions options, KafkaTrouble trouble) =>
        Consumer(options, KafkaClientSettings.ProbeConsumer(options), trouble, Deserializers.ByteArray);

    /// <summary>A consumer that reads nothing and commits for the group.</summary>
    public static IConsumer<Ignore, Ignore> GroupConsumer(KafkaJournalOptions options, KafkaTrouble trouble) =>
        Consumer(options, KafkaClientSettings.GroupConsumer(options), trouble, Deserializers.Ignore);

    /// <summary>Hears <paramref name="consumer"/>, which reads nothing now: a client that is not asked keeps what it has to say, without end.</summary>
    public static void Hear<T>(IConsumer<Ignore, T> consumer, KafkaTrouble trouble)
    {
        try
        {
            consumer.Consume(TimeSpan.Zero);
        }
        catch (ConsumeException exception)
        {
            trouble.OnError(exception.Error);
        }
    }

    public static IProducer<Null, byte[]> Producer(KafkaJournalOptions options, int maxRecordBytes, KafkaTrouble trouble, Action<Error> onError) =>
        Build(options, new ProducerBuilder<Null, byte[]>(KafkaClientSettings.Producer(options, maxRecordBytes))
            .SetErrorHandler((_, error) =>
            {
                trouble.OnError(error);
                onError(error);
            })
            .SetLogHandler((_, message) => trouble.OnLog(message))
            .Build);

    private static IConsumer<Ignore, T> Consumer<T>(KafkaJournalOptions options, ConsumerConfig config, KafkaTrouble trouble, IDeserializer<T> deserializer) =>
        Build(options, new ConsumerBuilder<Ignore, T>(config)
            .SetValueDeserializer(deserializer)
            .SetErrorHandler((_, error) => trouble.OnError(error))
            .SetLogHandler((_, message) => trouble.OnLog(message))
            .Build);

    // Confluent.Kafka has two exceptions for a client that librdkafka does not give.
    private static T Build<T>(KafkaJournalOptions options, Func<T> build)
    {
        try
        {
            return build();
        }
        catch (InvalidOperationException exception)
        {
            throw NoClient(options, exception);
        }
        catch (KafkaException exception)
        {
            throw NoClient(options, exception);
        }
    }

    private static JournalUnavailableException NoClient(KafkaJournalOptions options, Exception cause) =>
        new($"no client can be made for {options.Name}: {cause.Message}", cause);
}
