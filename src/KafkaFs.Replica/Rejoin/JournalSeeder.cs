using System.Security.Cryptography;
using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.Replica.Rejoin;

/// <summary>
/// The only writer of a new journal: appends records in order and evaluates what the journal then holds, read back from it, so that
/// the namespace is what every replica of this journal gets. A record of which the journal does not know goes again, with all after it:
/// the sequence rule makes repetitions void. For one thread; the reports come on others.
/// </summary>
internal sealed class JournalSeeder : IAppendListener, IDisposable
{
    private const int MaxPendingRecords = 1_024;
    private const int MaxPendingBytes = 16 * 1024 * 1024;

    private static readonly TimeSpan s_readWait = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly IJournal _journal;
    private readonly IJournalAppender _appender;
    private readonly IJournalReader _reader;
    private readonly Action<string> _say;
    private readonly CancellationToken _stop;
    private readonly JournalBatch _batch = new();
    private readonly Effects _effects = new();
    private readonly Evaluation _evaluation;

    // By their number, from the first one that evaluation has not accepted.
    private readonly Dictionary<long, byte[]> _pending = [];
    private long _first;
    private long _next;
    private long _end;
    private int _evaluated;
    private long _pendingBytes;
    private long _silentSince = Environment.TickCount64;
    private int _inFlight;
    private bool _doubt;
    private JournalException? _failure;

    /// <param name="say">Hears, in words for a person, what is waited for.</param>
    public JournalSeeder(IJournal journal, Action<string> say, CancellationToken stop)
    {
        (_journal, _say, _stop, _evaluation) = (journal, say, stop, new Evaluation(State));
        _reader = journal.OpenReader(0, 0);
        try
        {
            _appender = journal.OpenAppender(0, this);
        }
        catch (JournalUnavailableException)
        {
            _reader.Dispose();
            throw;
        }
    }

    /// <summary>Copies the identity of the object that a new inode has already.</summary>
    public delegate int IdentityCopier(FileId made, Span<byte> identity);

    /// <summary>Offset up to which the journal holds what an interrupted run has appended: that is compared, and only the rest is appended.</summary>
    public long There { get; init; }

    /// <summary>Set before the first record that makes an inode.</summary>
    public IdentityCopier? CopyIdentity { get; set; }

    /// <summary>The namespace that the journal gives so far.</summary>
    public NamespaceState State { get; } = new();

    /// <summary>SHA-256 of the last record that was evaluated.</summary>
    public byte[] LastRecordHash { get; private set; } = [];

    /// <summary>
    /// Appends a record; waits while too much is pending. Throws <see cref="JournalRefusedException"/> if the journal is not ours alone,
    /// or refuses, <see cref="JournalUnavailableException"/> if its client fails, OperationCanceledException at the stop.
    /// </summary>
    public void Append(byte[] record)
    {
        while (_end - _first >= MaxPendingRecords || (_end > _first && _pendingBytes + record.Length > MaxPendingBytes))
        {
            Pump();
        }

        _pending.Add(_end++, record);
        _pendingBytes += record.Length;
        HandOver();
    }

    /// <summary>Waits until everything that was appended is evaluated. Throws as <see cref="Append"/> does.</summary>
    public void Drain()
    {
        while (_first < _end)
        {
            Pump();
        }
    }

    /// <inheritdoc/>
    public void OnAppended(long ticket, in AppendResult result)
    {
        lock (_gate)
        {
            _inFlight--;
            _doubt |= result.Status == AppendStatus.Unknown;
            if (result.Status == AppendStatus.Refused)
            {
                _failure ??= new JournalRefusedException(JournalRefusal.Settings, $"the journal refused a record: {result.Reason}");
            }
        }
    }

    /// <inheritdoc/>
    public void OnFailed(AppenderFailure failure, string reason)
    {
        lock (_gate)
        {
            _failure ??= new JournalUnavailableException($"the journal's client failed: {reason}");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _reader.Dispose();
        _appender.Dispose();
    }

    private void Pump()
    {
        _stop.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (_failure is JournalException failure)
            {
                throw failure;
            }
        }

        if (_evaluated < _batch.Count || ReadOn())
        {
            // What is there already waits for the record that it is to be.
            while (_evaluated < _batch.Count && (_first < _end || _batch[_evaluated].Offset >= There))
            {
                Evaluate(_batch[_evaluated++]);
            }

            LastRecordHash = SHA256.HashData(_batch[_evaluated - 1].Bytes);
            _silentSince = Environment.TickCount64;
        }
        else if (Environment.TickCount64 - _silentSince > s_silence.TotalMilliseconds)
        {
            _say($"waiting for the journal: {_journal.Trouble ?? "no answer"}");
            _silentSince = Environment.TickCount64;
        }

        HandOver();
    }

    private bool ReadOn()
    {
        _evaluated = 0;
        return _reader.Read(_batch, s_readWait);
    }

    private void HandOver()
    {
        if (State.NextOffset < There)
        {
            return;
        }

        lock (_gate)
        {
            if (_doubt)
            {
                if (_inFlight > 0)
                {
                    return;
                }

                (_doubt, _next) = (false, _first);
            }
        }

        for (_next = Math.Max(_next, _first); _next < _end; _next++)
        {
            // Its report may come before the call returns.
            CountInFlight(1);
            if (!_appender.TryAppend(_pending[_next], _next))
            {
                CountInFlight(-1);
                return;
            }
        }
    }

    private void CountInFlight(int by)
    {
        lock (_gate)
        {
            _inFlight += by;
        }
    }

    private void Evaluate(in JournalRecord record)
    {
        bool wellFormed = ChangeCodec.TryDecode(record.Bytes, out Change change, out _);
        _effects.Clear();
        Outcome outcome = _evaluation.Evaluate(change, wellFormed, record.Offset, record.AppendTimeMs, _effects);
        bool isNext = _pending.TryGetValue(_first, out byte[]? pending) && (record.Bytes.SequenceEqual(pending) || IsReadSince(record, change, pending));
        if (outcome.IsAccepted || _effects.ConsumesSequence || isNext)
        {
            Accept(record, change, outcome, isNext);
        }
        else if (outcome.Void == VoidReason.SequenceAhead)
        {
            lock (_gate)
            {
                _doubt = true;
            }
        }

        State.Publish(change, outcome, _effects, record.Offset);
    }

    // What an interrupted run has appended: a look at the tree moves atimes on (relatime), also this one's.
    private bool IsReadSince(in JournalRecord record, in Change change, byte[] pending)
    {
        if (record.Offset >= There || change.Kind != ChangeKind.SetAttr || !ChangeCodec.TryDecode(pending, out Change now, out _))
        {
            return false;
        }

        now.AtimeNs = change.AtimeNs;
        return now.HasAtime && record.Bytes.SequenceEqual(ChangeCodec.Encode(now));
    }

    private void Accept(in JournalRecord record, in Change change, Outcome outcome, bool isNext)
    {
        if (!isNext || (change.Kind == ChangeKind.FilesystemCreated && !outcome.IsAccepted))
        {
            throw new JournalRefusedException(
                JournalRefusal.Replaced, $"record {record.Offset} is not from here: somebody else writes to this journal; delete it, and name a new one that nobody else uses");
        }

        if (outcome != Outcome.Success)
        {
            throw new InvalidOperationException($"Record {record.Offset}, {change.Kind}, has the outcome {outcome}: the namespace does not fit its own rules.");
        }

        if (_effects.Kind == EffectKind.Make && CopyIdentity is not null && _effects.Inode != FileId.Root)
        {
            Span<byte> identity = stackalloc byte[Effects.MaxIdentityBytes];
            _effects.SetIdentity(identity[..CopyIdentity(_effects.Inode, identity)]);
        }

        _pending.Remove(_first++);
        _pendingBytes -= record.Bytes.Length;
    }
}
