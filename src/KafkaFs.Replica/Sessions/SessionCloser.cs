using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.Replica.Sessions;

/// <summary>
/// Closes a session from outside, in a short session of its own: SessionStarted, SessionEnded of the other one, SessionEnded of itself. Each
/// goes again, the same bytes, until it is read back and evaluated. For one thread; the reports come on others.
/// </summary>
public sealed class SessionCloser : IAppendListener, IDisposable
{
    private static readonly TimeSpan s_readWait = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(60);

    private readonly IJournal _journal;
    private readonly SessionReplay _sessions;
    private readonly TimeProvider _clock;
    private readonly IJournalAppender _appender;
    private readonly IJournalReader _reader;
    private readonly JournalBatch _batch = new();
    private SessionId _lastAtRecord;
    private volatile bool _isHandedOver;
    private volatile JournalException? _failure;

    /// <param name="sessions">Stands at the end of <paramref name="journal"/>, and is carried on.</param>
    public SessionCloser(IJournal journal, SessionReplay sessions, TimeProvider clock)
    {
        (_journal, _sessions, _clock) = (journal, sessions, clock);
        _reader = journal.OpenReader(0, sessions.NextOffset);
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

    /// <summary>
    /// Closes an open session and returns when the journal says so. Throws <see cref="JournalUnavailableException"/> if the journal does not
    /// answer for a minute or its client fails, <see cref="JournalRefusedException"/> if it does not take the records,
    /// OperationCanceledException at <paramref name="stop"/>: the session may be closed then, and closing it again does no harm.
    /// </summary>
    public void Close(OpenSession session, CancellationToken stop)
    {
        // Where there is no room for one more session it starts as the next run of that master, which ends the former one.
        Guid master = _sessions.IsFull ? session.Master : Guid.NewGuid();
        Change start = new() { Kind = ChangeKind.SessionStarted, Master = master, Run = master == session.Master ? session.Run + 1 : 1, Uuid = Guid.NewGuid() };
        Append(ref start, stop);
        SessionId own = _lastAtRecord;
        ulong sequence = 0;
        if (_sessions.Find(session.Id) is not null)
        {
            End(own, sequence++, session.Id, stop);
        }

        End(own, sequence, SessionId.None, stop);
    }

    /// <inheritdoc/>
    public void OnAppended(long ticket, in AppendResult result)
    {
        if (result.Status == AppendStatus.Refused)
        {
            _failure = new JournalRefusedException(JournalRefusal.Settings, $"the journal refused a record: {result.Reason}");
        }
        else if (result.Status == AppendStatus.Unknown)
        {
            _isHandedOver = false;
        }
    }

    /// <inheritdoc/>
    public void OnFailed(AppenderFailure failure, string reason) => _failure = new JournalUnavailableException($"the journal's client failed: {reason}");

    /// <inheritdoc/>
    public void Dispose()
    {
        _reader.Dispose();
        _appender.Dispose();
    }

    private void End(SessionId own, ulong sequence, SessionId closes, CancellationToken stop)
    {
        Change end = new() { Kind = ChangeKind.SessionEnded, Closes = closes };
        (end.Header.Session, end.Header.Sequence) = (own, sequence);
        Append(ref end, stop);
    }

    private void Append(ref Change change, CancellationToken stop)
    {
        change.Header.Filesystem = _sessions.Filesystem;
        change.Header.Level = ChangeCodec.Level;
        change.Header.TimeNs = ChangeHeader.NowNs(_clock);
        byte[] record = ChangeCodec.Encode(change);
        _isHandedOver = false;
        long deadline = Environment.TickCount64 + (long)s_silence.TotalMilliseconds;
        Outcome? outcome = null;
        while (outcome is null)
        {
            stop.ThrowIfCancellationRequested();
            if (_failure is JournalException failure)
            {
                throw failure;
            }

            HandOver(record);
            outcome = ReadUpTo(record);
            if (outcome is null && Environment.TickCount64 > deadline)
            {
                throw new JournalUnavailableException($"the journal does not take a record: {_journal.Trouble ?? "no answer"}");
            }
        }

        if (!outcome.Value.IsAccepted)
        {
            throw new JournalRefusedException(JournalRefusal.Replaced, $"the journal does not accept a {change.Kind} ({outcome.Value.Void}): another command or master was faster; try again");
        }
    }

    private void HandOver(byte[] record)
    {
        if (!_isHandedOver)
        {
            // Before the call: its report may come before that returns.
            _isHandedOver = true;
            if (!_appender.TryAppend(record, 0))
            {
                _isHandedOver = false;
            }
        }
    }

    // What evaluation said to the record, or null if it has not been met. All that is at hand is replayed.
    private Outcome? ReadUpTo(byte[] record)
    {
        Outcome? found = null;
        if (_reader.Read(_batch, s_readWait))
        {
            for (int index = 0; index < _batch.Count; index++)
            {
                Outcome outcome = _sessions.Replay(_batch[index]);
                if (found is null && _batch[index].Bytes.SequenceEqual(record))
                {
                    // Other masters may start in the same batch: the number is that of the moment at which the record was met.
                    (found, _lastAtRecord) = (outcome, _sessions.Last);
                }
            }
        }

        return found;
    }
}
