using System.Diagnostics;
using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Journal.Contract;
using KafkaFs.Posix;
using KafkaFs.Replica.Apply;
using KafkaFs.Replica.Namespace;
using Microsoft.Extensions.Logging;

namespace KafkaFs.MasterHost.Session;

/// <summary>
/// One run of this master: stamps records with session, sequence and FileIds, hands them to the journal in that order, and
/// answers each call when evaluation has accepted its record. An acknowledgement only places a record; one that was not accepted
/// (or of which the journal does not know) is appended again, the same bytes, in order. Safe for use from several threads.
/// </summary>
internal sealed partial class MasterSession : IAppendListener, IDisposable
{
    private const long ControlTicket = -1;
    private static readonly TimeSpan s_againAfter = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly PendingTable _pending = new();
    private readonly Applier _applier;
    private readonly IJournalAppender _appender;
    private readonly ILogger _logger;
    private readonly TimeProvider _clock;
    private readonly Action<TimeSpan> _onAcknowledged;
    private readonly ITimer _again;
    private Guid _filesystem;
    private readonly TaskCompletionSource _endedTask = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private byte[]? _control;
    private uint _counter;
    private int _inFlight;
    private bool _appendAgain;
    private bool _ended;

    /// <summary>A session that is not in the log yet; see <see cref="SessionStart"/>.</summary>
    /// <param name="onAcknowledged">Told the time from handover to acknowledgement of each record.</param>
    public MasterSession(Applier applier, IJournal journal, Action<TimeSpan> onAcknowledged, ILogger logger, TimeProvider clock)
    {
        (_applier, _onAcknowledged, _logger, _clock) = (applier, onAcknowledged, logger, clock);
        _appender = journal.OpenAppender(0, this);
        _again = clock.CreateTimer(_ => HandOverLocked(), null, s_againAfter, s_againAfter);
    }

    /// <summary>The number that the log gave this session; None before <see cref="Begin"/>.</summary>
    public SessionId Id { get; private set; }

    /// <summary>Why the session cannot go on, or null; the host stops then.</summary>
    public HostFailure? Failure { get; private set; }

    /// <summary>Completes when nothing more can be submitted.</summary>
    public Task Ended => _endedTask.Task;

    /// <summary>Records handed over and not yet accepted.</summary>
    public int HandedOver
    {
        get { lock (_gate) { return _pending.HandedOver; } }
    }

    /// <summary>Records that wait for room in the journal's window.</summary>
    public int Queued
    {
        get { lock (_gate) { return _pending.Queued; } }
    }

    /// <summary>Appends a record that comes before any session, again and again until <see cref="EndControl"/>.</summary>
    public void AppendControl(byte[] record)
    {
        lock (_gate)
        {
            _control = record;
            AppendControl();
        }
    }

    /// <summary>The control record has been evaluated.</summary>
    public void EndControl()
    {
        lock (_gate)
        {
            _control = null;
        }
    }

    /// <summary>The log has accepted the start: calls may be submitted.</summary>
    public void Begin(SessionId id, Guid filesystem)
    {
        lock (_gate)
        {
            (Id, _filesystem) = (id, filesystem);
        }
    }

    /// <summary>
    /// Stamps <paramref name="change"/> (FileId of a new inode, header) and appends it; <paramref name="call"/> is completed when it
    /// is applied. Never waits. EIO if the session has ended; then the call is not kept.
    /// </summary>
    public Errno Submit(ref Change change, PendingCall call)
    {
        lock (_gate)
        {
            if (_ended)
            {
                return Errno.EIO;
            }

            if (change.Kind is ChangeKind.Create or ChangeKind.Mkdir or ChangeKind.Mknod or ChangeKind.Symlink)
            {
                change.Inode = FileId.Of(Id, checked(++_counter));
            }

            Stamp(ref change, _pending.NextSequence + (ulong)_pending.Queued);
            call.Record = ChangeCodec.Encode(change);
            call.Sequence = change.Header.Sequence;
            _pending.Enqueue(call);
            HandOver();
            return Errno.None;
        }
    }

    /// <summary>
    /// Takes back a call whose record was not handed over yet: it has left no trace, the caller answers it. False if it is too late:
    /// it will be completed.
    /// </summary>
    public bool TryWithdraw(PendingCall call)
    {
        lock (_gate)
        {
            return _pending.TryWithdraw(call);
        }
    }

    /// <summary>A record of this session was evaluated (by the holder of the apply lock).</summary>
    public void OnApplied(in Change change, Outcome outcome, Effects effects)
    {
        // Void ahead of its turn or as a repetition: the pending record stays, or was answered by its first copy.
        if (!outcome.IsAccepted && outcome.Void != VoidReason.Malformed && outcome.Void != VoidReason.ImpossibleFileId)
        {
            return;
        }

        PendingCall call;
        lock (_gate)
        {
            if (_ended)
            {
                return;
            }

            call = _pending.Accept(change.Header.Sequence);
        }

        if (!outcome.IsAccepted)
        {
            LogOwnVoid(_logger, change.Kind, outcome.Void);
            call.Abandon(Errno.EIO);
            return;
        }

        call.Complete(change, outcome, effects);
    }

    /// <inheritdoc/>
    public void OnAppended(long ticket, in AppendResult result)
    {
        ReadOnlyMemory<byte> record = default;
        lock (_gate)
        {
            _inFlight--;
            if (ticket == ControlTicket)
            {
                record = _control;
            }
            else if (_pending.Find((ulong)ticket) is PendingCall call)
            {
                record = call.Record;
                _onAcknowledged(Stopwatch.GetElapsedTime(call.HandedOverAt));
            }

            switch (result.Status)
            {
                case AppendStatus.Unknown:
                    LogUnknown(_logger, ticket, result.Reason);
                    _appendAgain = true;
                    break;
                case AppendStatus.Refused:
                    Failure ??= new HostFailure($"the journal refused a record of this session: {result.Reason}");
                    _endedTask.TrySetResult();
                    LogRefused(_logger, ticket, result.Reason);
                    break;
            }

            HandOver();
        }

        if (result.Status == AppendStatus.Placed && !record.IsEmpty)
        {
            _applier.Offer(result.Offset, result.AppendTimeMs, record);
        }
    }

    /// <summary>Ends the session: pending calls are answered EIO (outcome unknown), nothing more is appended.</summary>
    public void End(HostFailure? failure = null)
    {
        List<PendingCall> abandoned;
        lock (_gate)
        {
            Failure ??= failure;
            _ended = true;
            abandoned = _pending.TakeAll();
        }

        _endedTask.TrySetResult();

        foreach (PendingCall call in abandoned)
        {
            call.Abandon(Errno.EIO);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        End();
        _again.Dispose();
        _appender.Dispose();
    }

    private void HandOverLocked()
    {
        lock (_gate)
        {
            HandOver();
        }
    }

    // Under the gate. While the fate of a record is unknown nothing new is handed over; once all reports are in, everything that
    // evaluation has not accepted goes again, in order: the sequence rule makes repetitions void.
    private void HandOver()
    {
        if (_ended || Failure is not null || (_appendAgain && _inFlight > 0))
        {
            return;
        }

        if (_appendAgain && !TryAppendAgain())
        {
            return;
        }

        while (_pending.NextQueued is PendingCall call)
        {
            Restamp(call, _pending.NextSequence);
            if (!TryAppend(call))
            {
                return;
            }

            _pending.MoveToHandedOver(call);
        }
    }

    private bool TryAppendAgain()
    {
        if (_control is not null && !AppendControl())
        {
            return false;
        }

        foreach (PendingCall call in _pending.InOrder)
        {
            if (!TryAppend(call))
            {
                return false;
            }
        }

        _appendAgain = false;
        return true;
    }

    private bool TryAppend(PendingCall call)
    {
        call.HandedOverAt = Stopwatch.GetTimestamp();
        if (!_appender.TryAppend(call.Record, (long)call.Sequence))
        {
            return false;
        }

        _inFlight++;
        return true;
    }

    private bool AppendControl()
    {
        bool taken = _control is not null && _appender.TryAppend(_control, ControlTicket);
        _inFlight += taken ? 1 : 0;
        _appendAgain |= !taken;
        return taken;
    }

    private void Stamp(ref Change change, ulong sequence)
    {
        change.Header.Filesystem = _filesystem;
        change.Header.Level = ChangeCodec.Level;
        change.Header.Session = Id;
        change.Header.Incarnation = 0;
        change.Header.Sequence = sequence;
        change.Header.TimeNs = (_clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
    }

    // A call before it in the queue may have been withdrawn: sequences have no gaps.
    private static void Restamp(PendingCall call, ulong sequence)
    {
        if (call.Sequence == sequence)
        {
            return;
        }

        if (!ChangeCodec.TryDecode(call.Record, out Change change, out string? defect))
        {
            throw new InvalidOperationException($"A record of this session cannot be decoded: {defect}");
        }

        change.Header.Sequence = sequence;
        call.Record = ChangeCodec.Encode(change);
        call.Sequence = sequence;
    }

    [LoggerMessage(6000, LogLevel.Warning, "The journal does not know what became of record {Sequence} ({Reason}); it is appended again")]
    private static partial void LogUnknown(ILogger logger, long sequence, string? reason);

    [LoggerMessage(6001, LogLevel.Error, "The journal refused record {Sequence}: {Reason}")]
    private static partial void LogRefused(ILogger logger, long sequence, string? reason);

    [LoggerMessage(6002, LogLevel.Error, "A {Kind} of this session was void ({Reason}): the call is answered EIO")]
    private static partial void LogOwnVoid(ILogger logger, ChangeKind kind, VoidReason reason);
}
