using KafkaFs.Hosting.Lifetime;
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
/// (or of which the journal does not know) is appended again, the same bytes, in order. A record that the log refuses is given up by a
/// Fence. Safe for use from several threads.
/// </summary>
internal sealed partial class MasterSession : IDisposable
{
    /// <inheritdoc cref="TryGrow"/>
    public delegate void GrowCall(ReadOnlySpan<byte> data, long? timeNs);

    private static readonly TimeSpan s_againAfter = TimeSpan.FromSeconds(1);

    // The check under way, and the end of a client, have limits of their own.
    private static readonly TimeSpan s_disposeLimit = TimeSpan.FromSeconds(12);

    private readonly Lock _gate = new();
    private long _lastTimeNs;

    // Not disposed: an end may be told at any time, from any thread.
    private readonly CancellationTokenSource _stop = new();
    private readonly PendingTable _pending = new();
    private readonly Handover _handover;
    private readonly AppenderMending _mending;
    private readonly AppendSilence _silence;
    private readonly ApplyStandstill _standstill;
    private readonly GivingUp _givingUp;
    private readonly UnplacedRecords _unplaced;
    private readonly Applier _applier;
    private readonly IJournal _journal;
    private readonly ILogCheck _check;
    private readonly SessionOptions _options;
    private readonly ILogger _logger;
    private readonly TimeProvider _clock;
    private readonly ITimer _again;
    private readonly TaskCompletionSource _endedTask = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Guid _filesystem;
    private uint _counter;
    private bool _ended;

    /// <summary>
    /// A session that is not in the log yet; see <see cref="SessionStart"/>. Throws as <see cref="IJournal.OpenAppender"/> does.
    /// </summary>
    /// <param name="check">Asked before anything is appended again through another producer.</param>
    public MasterSession(Applier applier, IJournal journal, ILogCheck check, SessionOptions options, ILogger logger, TimeProvider clock)
    {
        (_applier, _journal, _check, _options, _logger, _clock) = (applier, journal, check, options, logger, clock);
        _handover = new Handover(_pending, journal);
        _silence = new AppendSilence(options.StallAfter, clock);
        _standstill = new ApplyStandstill(options.StallAfter, clock);
        Waits = new JournalWaits(options.ChangeTimeout, clock);
        _givingUp = new GivingUp(_pending, _handover, logger);
        _unplaced = new UnplacedRecords(applier, options.StallAfter, clock);
        _mending = new AppenderMending(_gate, _handover, journal, check, logger, clock, _stop.Token)
        {
            NewListener = () => _listener = new Listener(this),
            OpenAppender = listener => applier.OwnAppends.Open(journal, 0, listener),
            LimitRead = BeginFence,
            Refused = End,
            Run = RunWatched,
        };
        _applier.OddAcknowledgement = OnOddAcknowledgement;
        lock (_gate)
        {
            if (options.IsJournalAway)
            {
                _mending.OpenLater();
            }
            else
            {
                _mending.Open();
            }
        }

        _again = clock.CreateTimer(_ => Resume(), null, s_againAfter, s_againAfter);
    }

    /// <summary>The number that the log gave this session; None before <see cref="Begin"/>.</summary>
    public SessionId Id { get; private set; }

    /// <summary>Why the session cannot go on, or null; the host stops then.</summary>
    public HostFailure? Failure { get; private set; }

    /// <summary>Completes when nothing more can be submitted; fails with a broken invariant.</summary>
    public Task Ended => _endedTask.Task;

    /// <summary>The calls that wait for the journal.</summary>
    public JournalWaits Waits { get; }

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

    /// <summary>Why calls wait for the journal longer than is usual, in words for a person, or null.</summary>
    public string? Stall
    {
        get
        {
            lock (_gate)
            {
                string? words = _mending.Words;
                return _mending.IsForbidden ? words : _silence.Words(_handover.Waiting, words ?? _journal.Trouble);
            }
        }
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
            _unplaced.OnControlEvaluated();
        }
    }

    /// <summary>The log has accepted the start: what was submitted, and waited for that, is handed over.</summary>
    public void Begin(SessionId id, Guid filesystem)
    {
        lock (_gate)
        {
            (Id, _filesystem) = (id, filesystem);
            _handover.Begin(filesystem, id);
            Advance();
        }
    }

    /// <summary>
    /// Stamps <paramref name="change"/> (FileId of a new inode, header) and appends it; <paramref name="call"/> is completed when it
    /// is applied. Never waits. Before <see cref="Begin"/> the record waits for the session's number. EIO if the session has ended, or ends by this since it has no FileId left; then the call is not kept.
    /// </summary>
    public Errno Submit(ref Change change, PendingCall call)
    {
        lock (_gate)
        {
            if (_ended)
            {
                return Errno.EIO;
            }

            if (TryNumber(ref change))
            {
                Stamp(ref change, _pending.NextSequence + (ulong)_pending.Queued);
                (call.Record, call.Incarnation, call.Sequence) = (ChangeCodec.Encode(change), change.Header.Incarnation, change.Header.Sequence);
                call.IsEarly = Id == SessionId.None;
                _pending.Enqueue(call);
                Advance();
                return Errno.None;
            }
        }

        End(new HostFailure(
            ExitCode.SessionExhausted, $"session {Id} has made {_options.MaxInodes} inodes, all that it has numbers for; the next start opens another session"));
        return Errno.EIO;
    }

    /// <summary>
    /// Makes the record of a call that was not handed over yet longer (<paramref name="grow"/>, with its new time, nanoseconds since 1970). Where
    /// others are queued behind it, it keeps its time, which is null then: one later than theirs would move theirs on, which may have been shown.
    /// False if it is too late, or if it was to keep its time after <paramref name="keepsUntilNs"/>.
    /// </summary>
    public bool TryGrow(PendingCall call, ReadOnlySpan<byte> data, long keepsUntilNs, GrowCall grow)
    {
        lock (_gate)
        {
            bool isLast = _pending.IsLast(call);
            if (_ended || !call.IsFresh || (!isLast && ChangeHeader.NowNs(_clock) > keepsUntilNs))
            {
                return false;
            }

            grow(data, isLast ? NextTimeNs() : null);
            _pending.Hurry(call.Hurries);
            Advance();
            return true;
        }
    }

    /// <summary>Somebody waits for what is queued: nothing of it is held back to be merged with.</summary>
    public void Hurry()
    {
        lock (_gate)
        {
            _pending.Hurry();
            Advance();
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
            OnOutside(change, outcome, record);
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
            if (call is not null)
            {
                _unplaced.OnEvaluated(call);
            }
        }

        if (call is null || !record.SequenceEqual(call.Record))
        {
            call?.Abandon(Errno.EIO);
            End(new HostFailure(
                ExitCode.SessionClosed, $"record {change.Header.Sequence} of session {Id} is not of this process: somebody else writes in its name"));
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

    /// <summary>
    /// Ends the session: pending calls are answered EIO (outcome unknown), nothing more is appended. May be called again, also after Dispose; the first
    /// failure counts.
    /// </summary>
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
        _stop.Cancel();
        AbandonAll(abandoned);
        Waits.EndAll(Errno.EIO);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        End();
        _again.Dispose();
        Task.WaitAny([_mending.Work], s_disposeLimit);
        IJournalAppender? last;
        lock (_gate)
        {
            last = _mending.TakeLast();
        }

        last?.Dispose();
    }

    private bool TryNumber(ref Change change)
    {
        if (RecordStamp.MakesInode(change.Kind))
        {
            if (_counter == _options.MaxInodes)
            {
                return false;
            }

            change.Inode = FileId.Of(Id, ++_counter);
        }

        return true;
    }

    private void Stamp(ref Change change, ulong sequence)
    {
        change.Header.Filesystem = _filesystem;
        change.Header.Level = ChangeCodec.Level;
        change.Header.Session = Id;
        change.Header.Incarnation = _pending.Incarnation;
        change.Header.Sequence = sequence;
        change.Header.TimeNs = NextTimeNs();
    }

    // Each record has a later one than those before it: evaluation would move it on (format.md, time), and it may be shown before.
    private long NextTimeNs() => _lastTimeNs = Math.Max(ChangeHeader.NowNs(_clock), _lastTimeNs + 1);

    private static void AbandonAll(List<PendingCall> calls)
    {
        foreach (PendingCall call in calls)
        {
            call.Abandon(Errno.EIO);
        }
    }

    [LoggerMessage(6002, LogLevel.Error, "A {Kind} of this session was void ({Reason}): the call is answered EIO")]
    private static partial void LogOwnVoid(ILogger logger, ChangeKind kind, VoidReason reason);
}
