using Confluent.Kafka;
using KafkaFs.Journal.Check;
using KafkaFs.Journal.Contract;

namespace KafkaFs.Journal.Kafka;

/// <summary>
/// A consumer that is assigned by hand at a given offset and hands records on in batches. The deserializer copies from
/// librdkafka's memory into the batch: no array is made per record, and what the caller holds already is not copied.
/// </summary>
internal sealed class KafkaReader : IJournalReader, IDeserializer<int>
{
    private const int PassedOver = -1;

    private static readonly TimeSpan s_wakeInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_later = TimeSpan.FromSeconds(10);

    private readonly KafkaJournalOptions _options;
    private readonly KafkaJournal _journal;
    private readonly KafkaTrouble _trouble;
    private readonly int _partition;
    private readonly Lock _gate = new();
    private readonly EpochGate _epochs;
    private IConsumer<Ignore, int> _consumer;
    private JournalBatch? _filling;
    private bool _isReleased;
    private long? _assignAgainAtMs;
    private long _assignedAtMs;
    private LogRow? _foundBefore;
    private volatile CancellationTokenSource _woken = new();
    private volatile bool _disposed;

    public KafkaReader(KafkaJournalOptions options, KafkaJournal journal, int partition, long from, KafkaTrouble trouble)
    {
        (_options, _journal, _partition, NextOffset, _trouble) = (options, journal, partition, from, trouble);
        _epochs = new EpochGate(journal);
        _consumer = KafkaClients.Consumer(options, journal.MaxRecordBytes, trouble, this);
        AssignAtNext();
    }

    /// <inheritdoc/>
    public long NextOffset { get; private set; }

    /// <inheritdoc/>
    public Func<long>? HeldUpTo { get; set; }

    /// <inheritdoc/>
    public bool Read(JournalBatch batch, TimeSpan timeout)
    {
        batch.Clear();
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_isReleased)
            {
                KafkaClients.Hear(_consumer, _trouble);
                return false;
            }

            TakeFirst(batch, Environment.TickCount64 + (long)timeout.TotalMilliseconds);
            for (int taken = 1; batch.Count > 0 && !batch.IsFull && taken < batch.MaxRecords && TakeOne(batch, TimeSpan.Zero); taken++)
            {
                // What is at hand is taken without waiting; limited, since what is passed over does not fill the batch.
            }
        }

        return batch.Count > 0;
    }

    /// <inheritdoc/>
    public void Wake() => _woken.Cancel();

    /// <inheritdoc/>
    public void Release()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _isReleased = true;
            (_trouble.Reading, _assignAgainAtMs) = (null, null);
            _consumer.Unassign();
        }
    }

    /// <inheritdoc/>
    public void GoOnAt(long next)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            (_isReleased, NextOffset) = (false, next);
            if (!_epochs.IsClosed)
            {
                AssignAtNext();
            }
        }
    }

    /// <inheritdoc/>
    public void Renew()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            IConsumer<Ignore, int> fresh;
            try
            {
                fresh = KafkaClients.Consumer(_options, _journal.MaxRecordBytes, _trouble, this);
            }
            catch (JournalUnavailableException exception)
            {
                _trouble.Reading = exception.Message;
                return;
            }

            ClientDisposal.Run(_consumer);
            _consumer = fresh;
            if (!_isReleased && !_epochs.IsClosed)
            {
                AssignAtNext();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        _woken.Cancel();

        // A Read of another thread, which uses the native client, ends within s_wakeInterval.
        lock (_gate)
        {
            ClientDisposal.Run(_consumer);
        }
    }

    /// <inheritdoc/>
    int IDeserializer<int>.Deserialize(ReadOnlySpan<byte> data, bool isNull, SerializationContext context)
    {
        // Offsets are consecutive, so this is the record at NextOffset; TakeOne sees whether it was.
        if (HeldUpTo?.Invoke() > NextOffset)
        {
            return PassedOver;
        }

        data.CopyTo(_filling!.RoomFor(data.Length));
        return data.Length;
    }

    private void TakeFirst(JournalBatch batch, long deadlineMs)
    {
        if (_woken.IsCancellationRequested)
        {
            _woken = new CancellationTokenSource();
        }

        while (batch.Count == 0 && !_woken.IsCancellationRequested && !_disposed)
        {
            if (_epochs.TryOpen() || Environment.TickCount64 >= _assignAgainAtMs)
            {
                AssignAtNext();
            }

            TimeSpan left = TimeSpan.FromMilliseconds(Math.Max(0, deadlineMs - Environment.TickCount64));
            TakeOne(batch, left < s_wakeInterval ? left : s_wakeInterval);
            if (left == TimeSpan.Zero)
            {
                break;
            }
        }
    }

    private void AssignAtNext()
    {
        (_assignAgainAtMs, _assignedAtMs) = (null, Environment.TickCount64);
        _consumer.Assign(new TopicPartitionOffset(_options.Topic, _partition, NextOffset));
    }

    private bool TakeOne(JournalBatch batch, TimeSpan timeout)
    {
        ConsumeResult<Ignore, int>? result;
        _filling = batch;
        try
        {
            result = _consumer.Consume(timeout);
        }
        catch (ConsumeException exception)
        {
            OnConsumeError(exception);
            return false;
        }

        if (result is null || result.IsPartitionEOF)
        {
            NoteQuiet();
            return false;
        }

        long offset = result.Offset.Value;
        if (offset != NextOffset && new OffsetGap(NextOffset, offset - 1) != _options.AcceptedGap)
        {
            throw OnJump(offset);
        }

        if (!_epochs.TryPass(result.LeaderEpoch))
        {
            _consumer.Unassign();
            (_trouble.Reading, _assignAgainAtMs) = ($"{_options.Name} is checked before record {offset} is applied, which another leader took", null);
            return false;
        }

        _trouble.OnAnswer();
        (_trouble.Reading, _assignAgainAtMs) = (null, null);
        NextOffset = offset + 1;
        if (result.Message.Value != PassedOver)
        {
            batch.Add(offset, result.Message.Timestamp.UnixTimestampMs, result.Message.Value);
        }

        return true;
    }

    // A broker refuses at once: what it did not refuse anew is over, also where there is no record to deliver.
    private void NoteQuiet()
    {
        if (_trouble.Reading is not null && _assignAgainAtMs is null && !_epochs.IsClosed && Environment.TickCount64 - _assignedAtMs >= LogProbe.ConfirmAfter.TotalMilliseconds)
        {
            _trouble.Reading = null;
        }
    }

    private JournalRefusedException OnJump(long offset) =>
        offset < NextOffset
            ? RecoveryTable.Met(LogRow.RecordRepeated, ("log", _options.Name), ("offset", offset), ("next", NextOffset)).ToException()
            : RecoveryTable.Met(LogRow.OffsetsMissing, ("log", _options.Name), ("gap", new OffsetGap(NextOffset, offset - 1))).ToException();

    // Nothing here ends the reader but what the log itself confirms: one answer of one broker may be out of date.
    private void OnConsumeError(ConsumeException exception)
    {
        switch (exception.Error.Code)
        {
            case ErrorCode.OffsetOutOfRange or ErrorCode.Local_AutoOffsetReset:
                OnOutOfRange();
                break;
            case ErrorCode.TopicAuthorizationFailed:
                Stall($"the brokers do not allow Read on topic '{_options.Topic}': {exception.Error.Reason}", s_later);
                break;
            case ErrorCode.GroupAuthorizationFailed:
                _trouble.OnGroupDenied();
                break;
            case ErrorCode code when AdminErrors.IsUnknownTopic(code):
                _journal.Suspect($"a broker does not know {_options.Name}");
                Stall($"a broker does not know {_options.Name}", s_later);
                break;
            default:
                _trouble.OnError(exception.Error);
                break;
        }
    }

    // librdkafka has stopped fetching, or says such a thing once only: the words hold until it is asked again and does not repeat them.
    private void Stall(string words, TimeSpan again)
    {
        _trouble.Reading = words;
        _assignAgainAtMs = Environment.TickCount64 + (long)again.TotalMilliseconds;
    }

    private void OnOutOfRange()
    {
        LogFacts found;
        try
        {
            // A topic that was created again has no such offset either, and this client does not know that it was.
            found = _journal.Probe(NextOffset, _woken.Token);
        }
        catch (JournalUnavailableException exception)
        {
            Stall(exception.Message, s_soon);
            return;
        }
        catch (OperationCanceledException) when (_woken.IsCancellationRequested)
        {
            Stall($"{_options.Name} does not deliver record {NextOffset}", s_soon);
            return;
        }

        KnownLog known = new() { Identity = _journal.Identity, NextOffset = NextOffset, Accepted = new Acceptance(Gap: _options.AcceptedGap) };
        LogFinding? finding = RecoveryTable.Judge(known, found).Finding;
        LogRow? refused = finding?.Verdict == LogVerdict.Refuse ? finding.Row : null;
        if (refused is not null && refused == _foundBefore)
        {
            throw finding!.ToException();
        }

        // Found twice before it is believed.
        _foundBefore = refused;
        string words = finding?.Words ?? $"{_options.Name} does not deliver record {NextOffset}";

        // Also without a finding: a log that was shortened and is longer again has this offset, and what the replica applied before it is not known here.
        _journal.Suspect(words);
        Stall(words, LogProbe.ConfirmAfter);
    }
}
