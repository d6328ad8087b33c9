using Confluent.Kafka.Admin;
using KafkaFs.Journal.Contract;
using Microsoft.Extensions.Logging;

namespace KafkaFs.Journal.Kafka;

/// <summary>Opens a topic as a journal: finds or creates it, and refuses what would lose records or their order.</summary>
public sealed class KafkaJournalProvider(KafkaJournalOptions options, ILogger logger) : IJournalProvider
{
    /// <inheritdoc/>
    public string Description => $"topic '{options.Topic}' at {options.BootstrapServers}";

    /// <inheritdoc/>
    public async Task<IJournal> OpenAsync(bool createIfMissing, CancellationToken cancellationToken)
    {
        TopicNames.Require(options.Topic);
        if (KafkaProperties.Check(options.Properties) is { Count: > 0 } problems)
        {
            throw new JournalRefusedException(JournalRefusal.Settings, $"librdkafka properties: {string.Join("; ", problems)}");
        }

        KafkaTrouble trouble = new(logger, options);
        using TopicClient client = new(KafkaClients.Admin(options, trouble));
        TopicAdmin topics = new(client, options, trouble, logger);
        DescribeClusterResult cluster = await topics.DescribeClusterAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        TopicDescription? topic = await topics.FindAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        if (topic is null && createIfMissing)
        {
            await topics.CreateAsync(cluster.Nodes.Count).WaitAsync(cancellationToken).ConfigureAwait(false);
            topic = await topics.AwaitAsync(cancellationToken).ConfigureAwait(false);
        }

        if (topic is null)
        {
            throw new JournalRefusedException(
                JournalRefusal.Missing, $"topic '{options.Topic}' does not exist at {options.BootstrapServers}: start a master first, bring it back, or correct the name");
        }

        int maxRecordBytes = await topics.CheckAsync(topic).WaitAsync(cancellationToken).ConfigureAwait(false);
        JournalIdentity identity = new("kafka", cluster.ClusterId ?? "", topic.TopicId.ToString());
        trouble.OnOpened();
        return new KafkaJournal(options, identity, maxRecordBytes, heard => new TopicClient(KafkaClients.Admin(options, heard)), trouble);
    }
}
