using Confluent.Kafka;
using Confluent.Kafka.Admin;
using KafkaFs.Journal.Contract;

namespace KafkaFs.Journal.Kafka;

/// <summary>What is done to topics as a whole.</summary>
public static class KafkaTopics
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(8);

    /// <summary>
    /// Deletes the topic with all its records; one that does not exist is fine. Throws <see cref="JournalUnavailableException"/> with
    /// the broker's words if that cannot be done within some seconds.
    /// </summary>
    public static async Task DeleteAsync(KafkaJournalOptions options)
    {
        using IAdminClient admin = new AdminClientBuilder(KafkaClientSettings.Admin(options)).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
        try
        {
            await admin.DeleteTopicsAsync([options.Topic], new DeleteTopicsOptions { RequestTimeout = s_limit, OperationTimeout = s_limit }).ConfigureAwait(false);
        }
        catch (DeleteTopicsException exception) when (exception.Results[0].Error.Code == ErrorCode.UnknownTopicOrPart)
        {
            return;
        }
        catch (KafkaException exception)
        {
            throw new JournalUnavailableException($"topic '{options.Topic}' at {options.BootstrapServers} cannot be deleted: {exception.Error.Reason}", exception);
        }
    }
}
