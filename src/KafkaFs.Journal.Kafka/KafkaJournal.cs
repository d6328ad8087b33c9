using Confluent.Kafka;
using KafkaFs.Journal.Contract;

namespace KafkaFs.Journal.Kafka;

/// <summary>A topic, open as a journal.</summary>
internal sealed class KafkaJournal : IJournal
{
    private static readonly TimeSpan s_queryLimit = TimeSpan.FromSeconds(5);

    private readonly KafkaJournalOptions _options;
    private readonly KafkaTrouble _trouble;
    private readonly KafkaProgress _progress;
    private readonly Lock _queryGate = new();
    private IConsumer<Ignore, Ignore>? _query;
    private bool _disposed;

    /// <param name="probe">Belongs to the journal from here on.</param>
    public KafkaJournal(KafkaJournalOptions options, JournalIdentity identity, int maxRecordBytes, TopicProbe probe, KafkaTrouble trouble) =>
        (_options, Identity, MaxRecordBytes, Probe, _trouble, _progress) = (options, identity, maxRecordBytes, probe, trouble, new KafkaProgress(options, trouble));

    /// <inheritdoc/>
    public JournalIdentity Identity { get; }

    /// <inheritdoc/>
    public int PartitionCount => 1;

    /// <inheritdoc/>
    public int MaxRecordBytes { get; }

    /// <inheritdoc/>
    public string? Trouble => _trouble.Words;

    /// <summary>Whether the topic is still the one that was opened; for readers.</summary>
    public TopicProbe Probe { get; }

    /// <inheritdoc/>
    public JournalBounds QueryBounds(int partition, CancellationToken cancellationToken)
    {
        Probe.ThrowIfReplaced();
        try
        {
            WatermarkOffsets offsets = Query(new TopicPartition(_options.Topic, partition));
            _trouble.OnAnswer();
            return new JournalBounds(offsets.Low.Value, offsets.High.Value);
        }
        catch (KafkaException exception)
        {
            if (AdminErrors.IsUnknownTopic(exception.Error.Code))
            {
                Probe.Hurry();
            }

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
    public void NoteApplied(long next) => _progress.Note(next);

    /// <inheritdoc/>
    public void Dispose()
    {
        _progress.Dispose();
        Probe.Dispose();

        // Under the gate: a query under way, up to its limit, uses the native client.
        lock (_queryGate)
        {
            _disposed = true;
            _query?.Dispose();
            _query = null;
        }
    }

    private WatermarkOffsets Query(TopicPartition partition)
    {
        lock (_queryGate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _query ??= KafkaClients.Consumer(_options, MaxRecordBytes, _trouble, Deserializers.Ignore);
            return _query.QueryWatermarkOffsets(partition, s_queryLimit);
        }
    }
}
