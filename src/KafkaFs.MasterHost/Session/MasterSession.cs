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
    private static readonly TimeSpan s_againAfter = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly PendingTable _pending = new();
    private readonly Handover _handover;
    private readonly Applier _applier;
    private readonly IJournalAppender _appender;
    private readonly ILogger _logger;
    private readonly TimeProvider _clock;
    private readonly Action<TimeSpan> _onAcknowledged;
    private readonly ITimer _again;
    private Guid _filesystem;
    private readonly TaskCompletionSource _endedTask = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private uint _counter;
    private bool _ended;

    /// <summary>A session that is not in the log yet; see <see cref="SessionStart"/>.</summary>
    /// <param name="onAcknowledged">Told the time from handover to acknowledgement of each record.</param>
    public MasterSession(Applier applier, IJournal journal, Action<TimeSpan> onAcknowledged, ILogger logger, TimeProvider clock)
    {
        (_applier, _onAcknowledged, _logger, _clock) = (applier, onAcknowledged, logger, clock);
        _appender = applier.OwnAppends.Open(journal, 0, this);
        _handover = new Handover(_appender, _pending);
        _again = clock.CreateTimer(_ => Resume(), null, s_againAfter, s_againAfter);
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
            _handover.BeginControl(record);
            Advance();
        }
    }

    /// <summary>The control record has been evaluated.</summary>
    public void EndControl()
    {
        lock (_gate)
        {
            _handover.EndControl();
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
            Advance();
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

    /// <summary>A record that names this session was evaluated (by the holder of the apply lock).</summary>
    public void OnApplied(in Change change, Outcome outcome, Effects effects, ReadOnlySpan<byte> record)
    {
        if (!effects.ConsumesSequence)
        {
            OnVoid(outcome.Void);
            return;
        }

        PendingCall? call;
        lock (_gate)
        {
            if (_ended)
            {
                return;
            }

            call = _pending.Accept(change.Header.Sequence);
        }

        if (call is null || !record.SequenceEqual(call.Record))
        {
            call?.Abandon(Errno.EIO);
            End(new HostFailure($"record {change.Header.Sequence} of session {Id} is not of this process: somebody else writes in its name", Superseded: true));
        }
        else if (outcome.IsAccepted)
        {
            call.Complete(change, outcome, effects);
        }
        else
        {
            LogOwnVoid(_logger, change.Kind, outcome.Void);
            call.Abandon(Errno.EIO);
        }
    }

    /// <inheritdoc/>
    public void OnAppended(long ticket, in AppendResult result)
    {
        ReadOnlyMemory<byte> record = default;
        lock (_gate)
        {
            _handover.OnReport();
            switch (result.Status)
            {
                // A control record is left to the reader: by its report another one may have taken its place.
                case AppendStatus.Placed when ticket != Handover.ControlTicket && _pending.Find((ulong)ticket) is PendingCall call:
                    record = call.Record;
                    _onAcknowledged(Stopwatch.GetElapsedTime(call.HandedOverAt));
                    break;
                case AppendStatus.Unknown:
                    LogUnknown(_logger, ticket, result.Reason);
                    _handover.Doubt();
                    break;
                case AppendStatus.Refused:
                    Failure ??= new HostFailure($"the journal refused a record of this session: {result.Reason}");
                    _endedTask.TrySetResult();
                    LogRefused(_logger, ticket, result.Reason);
                    break;
            }

            Advance();
        }

        if (!record.IsEmpty)
        {
            _applier.Offer(result.Offset, result.AppendTimeMs, record);
        }
    }

    /// <inheritdoc/>
    public void OnFailed(string reason) => End(new HostFailure($"the journal's client failed: {reason}", Restartable: true));

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

    // Our own record was met before one that must come first: that one is not in the log, though it may have been reported.
    private void OnVoid(VoidReason reason)
    {
        if (reason == VoidReason.SequenceAhead)
        {
            lock (_gate)
            {
                _handover.Doubt();
            }
        }
    }

    private void Resume()
    {
        lock (_gate)
        {
            if (!_ended && Failure is null)
            {
                _handover.Resume();
            }
        }
    }

    // Under the gate.
    private void Advance()
    {
        if (!_ended && Failure is null)
        {
            _handover.Advance();
        }
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

    [LoggerMessage(6000, LogLevel.Warning, "The journal does not know what became of record {Sequence} ({Reason}); it is appended again")]
    private static partial void LogUnknown(ILogger logger, long sequence, string? reason);

    [LoggerMessage(6001, LogLevel.Error, "The journal refused record {Sequence}: {Reason}")]
    private static partial void LogRefused(ILogger logger, long sequence, string? reason);

    [LoggerMessage(6002, LogLevel.Error, "A {Kind} of this session was void ({Reason}): the call is answered EIO")]
    private static partial void LogOwnVoid(ILogger logger, ChangeKind kind, VoidReason reason);
}
