using Confluent.Kafka;
using KafkaFs.Journal.Check;
using KafkaFs.Journal.Contract;

namespace KafkaFs.Journal.Kafka;

/// <summary>A topic, open as a journal.</summary>
internal sealed class KafkaJournal : IJournal
{
    private static readonly TimeSpan s_queryLimit = TimeSpan.FromSeconds(5);

    private readonly KafkaJournalOptions _options;
    private readonly KafkaLogProbe _probe;
    private readonly KafkaTrouble _trouble;
    private readonly KafkaProgress _progress;
    private readonly Lock _queryGate = new();
    private IConsumer<Ignore, Ignore>? _query;
    private volatile Func<string, Task<int>>? _suspected;
    private volatile int _maxRecordBytes;
    private int _leaderEpoch = -1;
    private int _probedEpoch = -1;
    private int _leader = -1;
    private bool _disposed;

    /// <param name="connect">Makes clients for questions about the topic, with whom their complaints go to.</param>
    public KafkaJournal(KafkaJournalOptions options, JournalIdentity identity, int maxRecordBytes, Func<KafkaTrouble, ITopicClient> connect, KafkaTrouble trouble)
    {
        (_options, Identity, _maxRecordBytes, _trouble) = (options, identity, maxRecordBytes, trouble);
        _progress = new KafkaProgress(options, trouble);
        _probe = new KafkaLogProbe(options, connect, trouble);
        trouble.Over = words => Suspect($"the brokers answer again after: {words}");
    }

    /// <inheritdoc/>
    public JournalIdentity Identity { get; }

    /// <inheritdoc/>
    public int PartitionCount => 1;

    /// <inheritdoc/>
    public int MaxRecordBytes => _maxRecordBytes;

    /// <inheritdoc/>
    public string? Trouble => _trouble.Words;

    /// <inheritdoc/>
    public string? ReadingTrouble => _trouble.Reading;

    /// <inheritdoc/>
    public int LeaderEpoch => Volatile.Read(ref _leaderEpoch);

    /// <inheritdoc/>
    public Func<string, Task<int>>? Suspected
    {
        get => _suspected;
        set => _suspected = value;
    }

    /// <summary>
    /// For readers and appenders: something was seen that may hide a change of the topic. Completes as <see cref="Suspected"/> does; at once if nobody
    /// checks the topic, with the greatest epoch.
    /// </summary>
    public Task<int> Suspect(string why) => _suspected?.Invoke(why) ?? Task.FromResult(int.MaxValue);

    /// <summary>Up to which epoch the topic was when it was last probed; -1 for never.</summary>
    public int ProbedEpoch => Volatile.Read(ref _probedEpoch);

    /// <summary>For readers: the epoch of the leader that wrote a record.</summary>
    public void NoteEpoch(int epoch)
    {
        if (epoch > LeaderEpoch)
        {
            Volatile.Write(ref _leaderEpoch, epoch);
        }
    }

    /// <inheritdoc/>
    public LogFacts Look(CancellationToken stop) => Noted(_probe.Look(stop));

    /// <inheritdoc/>
    public LogFacts Probe(long next, CancellationToken stop)
    {
        LogFacts found = Noted(_probe.Probe(next, stop));
        Volatile.Write(ref _probedEpoch, found.LeaderEpoch ?? -1);
        return found;
    }

    /// <inheritdoc/>
    public JournalBounds QueryBounds(int partition, CancellationToken cancellationToken)
    {
        try
        {
            WatermarkOffsets offsets = Query(new TopicPartition(_options.Topic, partition));
            _trouble.OnAnswer();
            return TopicBounds.Of(_options.Topic, offsets.Low.Value, offsets.High.Value);
        }
        catch (KafkaException exception)
        {
            if (AdminErrors.IsUnknownTopic(exception.Error.Code))
            {
                Suspect($"a broker does not know {_options.Name}");
            }

            throw new JournalUnavailableException(
                $"the brokers at {_options.BootstrapServers} do not tell the bounds of '{_options.Topic}': {Trouble ?? exception.Error.Reason}", exception);
        }
    }

    /// <inheritdoc/>
    public async Task<int> ReadMaxRecordBytesAsync(CancellationToken cancellationToken)
    {
        LogFacts facts = await Task.Run(() => Look(cancellationToken), cancellationToken).ConfigureAwait(false);
        return facts.Exists ? MaxRecordBytes : throw new JournalUnavailableException(RecoveryTable.Met(LogRow.TopicMissing, ("log", facts.Log)).Words);
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
        _suspected = null;
        _progress.Dispose();
        _probe.Dispose();

        // Under the gate: a query under way, up to its limit, uses the native client.
        lock (_queryGate)
        {
            _disposed = true;
            if (_query is not null)
            {
                ClientDisposal.Run(_query);
                _query = null;
            }
        }
    }

    private WatermarkOffsets Query(TopicPartition partition)
    {
        lock (_queryGate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _query ??= KafkaClients.GroupConsumer(_options, _trouble);
            KafkaClients.Hear(_query, _trouble);
            return _query.QueryWatermarkOffsets(partition, s_queryLimit);
        }
    }

    private LogFacts Noted(LogFacts facts)
    {
        // A master that writes alone reads nothing, and hears of it by nothing else.
        if (facts.Leader is int leader && Interlocked.Exchange(ref _leader, leader) is int before && before != leader && before >= 0)
        {
            Suspect($"broker {leader} leads the topic instead of {before}");
        }

        // Raised again, the limit is of use only to clients that are made anew, with the next start.
        if (facts.MaxRecordBytes is int now && now < _maxRecordBytes)
        {
            _maxRecordBytes = now;
        }

        return facts;
    }
}
