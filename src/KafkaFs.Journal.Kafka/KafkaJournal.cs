using Confluent.Kafka;
using KafkaFs.Journal.Contract;

namespace KafkaFs.Journal.Kafka;

/// <summary>A topic, open as a journal.</summary>
internal sealed class KafkaJournal : IJournal
{
    private static readonly TimeSpan s_queryLimit = TimeSpan.FromSeconds(5);

    private readonly KafkaJournalOptions _options;
    private readonly KafkaTrouble _trouble;
    private readonly Lazy<IConsumer<Ignore, Ignore>> _query;
    private readonly Lock _queryGate = new();

    public KafkaJournal(KafkaJournalOptions options, JournalIdentity identity, int maxRecordBytes, KafkaTrouble trouble)
    {
        (_options, Identity, MaxRecordBytes, _trouble) = (options, identity, maxRecordBytes, trouble);
        _query = new Lazy<IConsumer<Ignore, Ignore>>(() => new ConsumerBuilder<Ignore, Ignore>(KafkaClientSettings.Consumer(options, maxRecordBytes))
            .SetErrorHandler((_, error) => trouble.OnError(error))
            .SetLogHandler((_, message) => trouble.OnLog(message))
            .Build());
    }

    /// <inheritdoc/>
    public JournalIdentity Identity { get; }

    /// <inheritdoc/>
    public int PartitionCount => 1;

    /// <inheritdoc/>
    public int MaxRecordBytes { get; }

    /// <inheritdoc/>
    public string? Trouble => _trouble.Words;

    /// <inheritdoc/>
    public JournalBounds QueryBounds(int partition, CancellationToken cancellationToken)
    {
        try
        {
            lock (_queryGate)
            {
                WatermarkOffsets offsets = _query.Value.QueryWatermarkOffsets(new TopicPartition(_options.Topic, partition), s_queryLimit);
                return new JournalBounds(offsets.Low.Value, offsets.High.Value);
            }
        }
        catch (KafkaException exception) when (exception.Error.Code is ErrorCode.UnknownTopicOrPart or ErrorCode.Local_UnknownTopic or ErrorCode.Local_UnknownPartition)
        {
            throw new JournalRefusedException(JournalRefusal.Missing, $"topic '{_options.Topic}' does not exist any more", exception);
        }
        catch (KafkaException exception)
        {
            throw new JournalUnavailableException(
                $"the brokers at {_options.BootstrapServers} do not tell the bounds of '{_options.Topic}': {Trouble ?? exception.Error.Reason}", exception);
        }
    }

    /// <inheritdoc/>
    public IJournalAppender OpenAppender(int partition, IAppendListener listener) =>
        new KafkaAppender(_options, partition, MaxRecordBytes, listener, _trouble);

    /// <inheritdoc/>
    public IJournalReader OpenReader(int partition, long from) => new KafkaReader(_options, this, partition, from, _trouble);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_query.IsValueCreated)
        {
            _query.Value.Dispose();
        }
    }
}
