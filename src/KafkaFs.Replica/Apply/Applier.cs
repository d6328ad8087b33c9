using System.Numerics;
using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Journal.Contract;
using KafkaFs.Posix;
using KafkaFs.Posix.Processes;
using KafkaFs.Replica.Checkpoint;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Recovery;
using KafkaFs.Replica.Tree;
using Microsoft.Extensions.Logging;

namespace KafkaFs.Replica.Apply;

/// <summary>
/// Carries a replica from one position to the next: evaluate, make the effects real, publish, tell the observer. Applying is a
/// lock, not a thread: whoever has the next record applies it, the tail reader its batches, a delivery report its own record.
/// Public members may be called from any thread.
/// </summary>
public sealed partial class Applier : IDisposable
{
    private const int MaxBatchRecords = 4_096;
    private static readonly TimeSpan s_retryAfter = TimeSpan.FromSeconds(1);

    private readonly Lock _applyLock = new();
    private readonly NamespaceState _namespace;
    private readonly Evaluation _evaluation;
    private readonly DataTree _tree;
    private readonly ILogger _logger;
    private readonly TimeProvider _clock;
    private readonly ITimer _retry;
    private readonly Effects _effects = new();
    private readonly OwnRecordQueue _own = new();
    private readonly AppliedRecords _lastApplied = new();
    private readonly LastRecord _last = new();
    private readonly AutoResetEvent _wake = new(false);
    private readonly byte[] _trailBytes = new byte[64];
    private volatile ApplyStall? _stall;
    private volatile Exception? _failure;
    private volatile bool _retryPending;
    private bool _stopped;
    private bool _leftCheckpoint;
    private volatile bool _isHalfMade;
    private volatile bool _unendedBatch;
    private volatile bool _ownPlaceUnknown;
    private long _nextOffset;
    private long _horizon = long.MaxValue;

    public Applier(NamespaceState state, DataTree tree, ILogger logger, TimeProvider clock)
    {
        (_namespace, _tree, _logger, _clock) = (state, tree, logger, clock);
        (Following, Applying) = (new Heartbeat(clock), new Heartbeat(clock));
        _evaluation = new Evaluation(state);
        _nextOffset = state.NextOffset;
        OwnAppends = new OwnAppends(clock);
        _retry = clock.CreateTimer(_ => Retry(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Set before the first record; may be null (a slave).</summary>
    public IApplyObserver? Observer { get; set; }

    /// <summary>Set before the first record; called once, by the holder of the apply lock, before anything changes for the first time.</summary>
    public Action? LeavingCheckpoint { get; init; }

    /// <summary>Set before the first record; called with the filesystem's limits before the record that gives them takes effect; what it throws refuses them.</summary>
    internal Action<Limits>? LimitsKnown { get; init; }

    /// <summary>
    /// Set before the first record; keeps the record that a batch ends with, before the batch's first effect
    /// (<see cref="Checkpoint.IReplicaDisk.WriteTrail"/>).
    /// </summary>
    internal TrailWriter? LeaveTrail { get; init; }

    /// <summary>Signalled when a record has to wait for a checkpoint.</summary>
    internal Action? HorizonReached { get; init; }

    /// <inheritdoc cref="OddAcknowledgement"/>
    public delegate void OddAcknowledgementHandler(bool isOther, string words);

    /// <summary>Writes a trail; its errno stalls the replica before the batch.</summary>
    internal delegate Errno TrailWriter(ReadOnlySpan<byte> trail);

    /// <summary>No record at or past this offset is applied; a checkpoint moves it on.</summary>
    internal long Horizon
    {
        get => Volatile.Read(ref _horizon);
        init => _horizon = value;
    }

    /// <summary>Offset of the next record to apply.</summary>
    public long NextOffset => Volatile.Read(ref _nextOffset);

    /// <summary>The offset of the next record, and the SHA-256 of the one before; null if this run has applied none. Waits for the batch under way.</summary>
    internal (long NextOffset, byte[]? Hash) Tail
    {
        get
        {
            lock (_applyLock)
            {
                return (_nextOffset, _last.Hash());
            }
        }
    }

    /// <summary>What this machine refuses now, or null.</summary>
    public ApplyStall? Stall => _stall;

    /// <summary>Beats while the thread that follows the journal moves.</summary>
    internal Heartbeat Following { get; }

    /// <summary>Beats with each record that is applied, and rests between them.</summary>
    internal Heartbeat Applying { get; }

    /// <summary>Records of this process that the log has acknowledged and that wait for their turn.</summary>
    public int OwnQueued => _own.Count;

    /// <summary>What this process appends; a slave appends nothing.</summary>
    public OwnAppends OwnAppends { get; }

    /// <summary>An own record is placed, and waits for others' before it, or its place is not known: the log has to be read.</summary>
    public bool HasGap => OwnPlaceUnknown || (_own.TryPeek(out OwnRecordQueue.Entry first) && first.Offset > NextOffset);

    /// <summary>The log has a record of this process and has not said where; its writer tells when it is found.</summary>
    public bool OwnPlaceUnknown { get => _ownPlaceUnknown; set => _ownPlaceUnknown = value; }

    /// <summary>
    /// Told, in words, of an acknowledgement below the applied position: whether another record was applied there (the log is not what it was),
    /// or it is not known which. On any thread, perhaps by the holder of the apply lock: must not block.
    /// </summary>
    public OddAcknowledgementHandler? OddAcknowledgement { get; set; }

    /// <summary>A record was refused, perhaps half way, and has not been applied since: the tree is not exactly what the namespace says.</summary>
    internal bool IsHalfMade => _isHalfMade || _unendedBatch;

    /// <summary>A broken invariant has stopped the replica; it is not to be trusted any more.</summary>
    public bool HasFailed => _failure is not (null or JournalRefusedException);

    public ApplyCounters Counters { get; } = new();

    /// <summary>
    /// Applies a batch that was read from the log. Records that were applied already are passed. Waits while this machine refuses
    /// a record; OperationCanceledException when <paramref name="stop"/> ends that. Throws what made the replica fail for good.
    /// </summary>
    public void Apply(JournalBatch batch, CancellationToken stop)
    {
        for (int index = 0; ;)
        {
            stop.ThrowIfCancellationRequested();
            Following.Beat();
            lock (_applyLock)
            {
                index = ApplyFrom(batch, index);
            }

            Drain();
            ThrowIfFailed();
            if (index == batch.Count && _stall is null)
            {
                return;
            }

            WaitHandle.WaitAny([stop.WaitHandle, _wake], s_retryAfter);
        }
    }

    /// <summary>
    /// Applies the records of a batch from <paramref name="index"/> on as far as they can be now, and returns the index of the first
    /// one that cannot: this machine refuses it, or it waits for a checkpoint. Throws what made the replica fail for good.
    /// </summary>
    internal int ApplyNow(JournalBatch batch, int index)
    {
        lock (_applyLock)
        {
            index = ApplyFrom(batch, index);
        }

        ThrowIfFailed();
        return index;
    }

    /// <summary>
    /// Freezes the namespace between two batches, with the tree holding all of it; <paramref name="lastRecord"/> is the hash of the
    /// record before (null: none was applied here), <paramref name="pause"/> for how long nothing could be applied. Null if the machine
    /// still refuses a part of what was applied.
    /// </summary>
    internal NamespaceDelta? Freeze(out byte[]? lastRecord, out TimeSpan pause)
    {
        NamespaceDelta? delta;
        lock (_applyLock)
        {
            long start = _clock.GetTimestamp();
            lastRecord = _last.Hash();
            delta = HasFailed || (_unendedBatch && !EndBatch()) ? null : _namespace.Freeze();
            pause = _clock.GetElapsedTime(start);
        }

        Drain();
        return delta;
    }

    /// <summary>A checkpoint is durable: records up to the new horizon may be applied.</summary>
    internal void MoveHorizon(long horizon)
    {
        Volatile.Write(ref _horizon, horizon);
        _wake.Set();
        Drain();
    }

    /// <summary>What happened elsewhere ends this replica: nothing is applied any more.</summary>
    internal void FailWith(Exception failure)
    {
        Fail(failure);
        _wake.Set();
    }

    /// <summary>
    /// Offers a record of this process that the log has acknowledged. It is applied at once if it is the next one, else when the
    /// records before it are; never waits. The bytes must not change until then.
    /// </summary>
    public void Offer(long offset, long appendTimeMs, ReadOnlyMemory<byte> record)
    {
        _own.Add(offset, appendTimeMs, record);
        Drain();
    }

    /// <summary>
    /// Waits for the record under way and applies nothing from here on. Throws <see cref="DataRootException"/> if the machine still refuses a part of what was
    /// applied: the tree is not the namespace's then.
    /// </summary>
    public void Stop()
    {
        lock (_applyLock)
        {
            _stopped = true;
            TreeResult result = _tree.EndBatch(_namespace);
            _unendedBatch = !result.Succeeded;
            if (_unendedBatch)
            {
                throw new DataRootException(DataRootProblem.Unusable, $"{result.Action} of '{result.Path}' failed with {result.Errno}: no checkpoint is written");
            }
        }
    }

    /// <summary>Waits for the record under way; nothing is applied afterwards.</summary>
    public void Dispose()
    {
        lock (_applyLock)
        {
            _stopped = true;
        }

        _retry.Dispose();
        _wake.Dispose();
        OwnAppends.Dispose();
    }

    /// <summary>Throws what made the replica fail for good, if anything did.</summary>
    public void ThrowIfFailed()
    {
        if (_failure is Exception failure)
        {
            throw failure switch
            {
                JournalRefusedException refused => new JournalRefusedException(refused.Refusal, refused.Message, refused),
                DataRootException unusable => new DataRootException(unusable.Problem, unusable.Message, unusable.Refusal),
                CheckpointException unreadable => new CheckpointException(unreadable.Message, unreadable),
                _ => new InvalidOperationException($"The replica failed at record {NextOffset}: {failure.Message}", failure),
            };
        }
    }

    private void Retry()
    {
        _retryPending = false;
        Drain();
    }

    // Who fails to enter the lock may leave: the holder looks at the queue again after it left.
    private void Drain()
    {
        while (!_retryPending && !_stopped && _failure is null && (_unendedBatch || (TryPeekOwn(NextOffset, out _) && !IsAtHorizon())))
        {
            if (!_applyLock.TryEnter())
            {
                return;
            }

            try
            {
                ApplyOwn();
            }
            finally
            {
                _applyLock.Exit();
            }
        }

        if (HasGap)
        {
            OwnAppends.OnGap();
        }
    }

    // The own record at the next offset; what is at the offsets of those before it was read from the log meanwhile.
    private bool TryPeekOwn(long nextOffset, out OwnRecordQueue.Entry entry)
    {
        while (_own.TryTakePassed(nextOffset, out entry))
        {
            bool? isOurs = _lastApplied.Holds(entry.Offset, entry.Record.Span);
            if (isOurs != true)
            {
                string applied = isOurs == false ? "where this replica has applied another one" : "and this replica does not know any more what it has applied there";
                OddAcknowledgement?.Invoke(isOurs == false, $"the journal has acknowledged a record of this master at {entry.Offset}, {applied}");
            }
        }

        return _own.TryPeek(out entry) && entry.Offset == nextOffset;
    }

    // Then a checkpoint is asked for, and whoever moves the horizon looks at the queue.
    private bool IsAtHorizon()
    {
        if (NextOffset < Horizon)
        {
            return false;
        }

        HorizonReached?.Invoke();
        return true;
    }

    private void ApplyOwn()
    {
        int applied = 0;
        long horizon = Horizon;
        while (TryEndLeftovers() && applied < MaxBatchRecords && TryPeekOwn(_nextOffset, out OwnRecordQueue.Entry entry)
            && TryLeaveTrail(entry.Offset, entry.Record.Span, horizon)
            && TryApply(new JournalRecord(entry.Offset, entry.AppendTimeMs, entry.Record.Span), horizon))
        {
            _own.TakeApplied(entry.Offset);
            _last.Note(entry.Record);
            applied++;
        }

        _last.Keep();
        EndBatch();
        if (_stall is not null && !_retryPending && !_stopped)
        {
            _retryPending = true;
            _retry.Change(s_retryAfter, Timeout.InfiniteTimeSpan);
        }
    }

    private int ApplyFrom(JournalBatch batch, int index)
    {
        int applied = -1;
        // Read once: what gets effects below has to be in the trail.
        long horizon = Horizon;
        int last = LastBefore(horizon, batch);
        if (last >= index && !TryLeaveTrail(batch[last].Offset, batch[last].Bytes, horizon))
        {
            return index;
        }

        for (; index < batch.Count && TryEndLeftovers(); index++)
        {
            JournalRecord record = batch[index];
            if (record.Offset >= _nextOffset)
            {
                if (!TryApply(record, horizon))
                {
                    break;
                }

                applied = index;
            }
        }

        if (applied >= 0)
        {
            _last.Keep(batch[applied].Bytes);
        }

        EndBatch();
        return index;
    }

    private static int LastBefore(long horizon, JournalBatch batch)
    {
        int last = batch.Count - 1;
        while (last >= 0 && batch[last].Offset >= horizon)
        {
            last--;
        }

        return last;
    }

    private bool TryLeaveTrail(long offset, ReadOnlySpan<byte> record, long horizon)
    {
        if (LeaveTrail is null || offset < _nextOffset || offset >= horizon || _stopped || _failure is not null)
        {
            return true;
        }

        const string path = ".kafkafs/trail";
        Errno errno = LeaveTrail(Trail.Of(offset, record).Write(_trailBytes));
        return errno != Errno.None ? Stalled(_nextOffset, new TreeResult(errno, path, "write"))
            : _stall?.Path != path || GoesOn(_nextOffset);
    }

    // What the machine refused at the end of a batch comes before anything new.
    private bool TryEndLeftovers() => _stopped || !_unendedBatch || EndBatch();

    private bool EndBatch()
    {
        if (_stopped || _failure is not null)
        {
            return false;
        }

        TreeResult result;
        try
        {
            result = _tree.EndBatch(_namespace);
        }
        catch (Exception exception) when (Fail(exception))
        {
            return false;
        }

        bool wasUnended = _unendedBatch;
        _unendedBatch = !result.Succeeded;
        return _unendedBatch ? Stalled(NextOffset - 1, result) : !wasUnended || GoesOn(NextOffset - 1);
    }

    private bool TryApply(in JournalRecord record, long horizon)
    {
        if (_stopped || _failure is not null)
        {
            return false;
        }

        if (!_namespace.MayFollow(record.Offset))
        {
            throw new InvalidOperationException($"Record {record.Offset} was offered where {_nextOffset} is next.");
        }

        if (record.Offset >= horizon)
        {
            HorizonReached?.Invoke();
            return false;
        }

        try
        {
            Applying.Beat();
            return ApplyOne(record);
        }
        catch (Exception exception) when (Fail(exception))
        {
            return false;
        }
        finally
        {
            Applying.Rest();
        }
    }

    private bool ApplyOne(in JournalRecord record)
    {
        bool wellFormed = ChangeCodec.TryDecode(record.Bytes, out Change change, out string? defect);
        _effects.Clear();
        Outcome outcome = _evaluation.Evaluate(change, wellFormed, record.Offset, record.AppendTimeMs, _effects);
        AcceptanceRules.Require(change, outcome, defect, record.Offset);
        if (record.Offset == 0)
        {
            LimitsKnown?.Invoke(change.Limits);
        }

        if (!_leftCheckpoint && !TryLeaveCheckpoint(record.Offset))
        {
            return false;
        }

        if (!_effects.Dying.IsNone)
        {
            Observer?.OnDying(_effects.Dying, _effects.TimeNs);
        }

        if (_effects.Kind != EffectKind.None && !TryRealize(change, record.Offset))
        {
            return false;
        }

        _namespace.Publish(change, outcome, _effects, record.Offset);
        _lastApplied.Note(record.Offset, record.Bytes);
        Volatile.Write(ref _nextOffset, record.Offset + 1);
        Count(change, outcome, record, defect);
        Observer?.OnApplied(change, outcome, _effects, record);
        return true;
    }

    // A full disk is waited for, here as anywhere.
    private bool TryLeaveCheckpoint(long offset)
    {
        const string path = ".kafkafs";
        try
        {
            LeavingCheckpoint?.Invoke();
        }
        catch (Exception exception) when (exception is CheckpointSpaceException or DataRootException { IsSpace: true })
        {
            return Stalled(offset, new TreeResult(Errno.ENOSPC, path, "write"));
        }

        _leftCheckpoint = true;
        return _stall?.Path != path || GoesOn(offset);
    }

    private bool TryRealize(in Change change, long offset)
    {
        TreeResult result = _tree.Realize(change, _effects, _namespace);
        _isHalfMade = !result.Succeeded;
        return result.Succeeded ? GoesOn(offset) : Stalled(offset, result);
    }

    private bool GoesOn(long offset)
    {
        if (_stall is not null)
        {
            LogGoesOn(_logger, offset);
            _stall = null;
        }

        return true;
    }

    private bool Stalled(long offset, TreeResult result)
    {
        if (_stall?.Offset != offset || _stall.Errno != result.Errno)
        {
            _stall = new ApplyStall(offset, result.Errno, result.Path, result.Action, _clock.GetUtcNow());
            LogStalled(_logger, _stall);
        }

        return false;
    }

    private void Count(in Change change, Outcome outcome, in JournalRecord record, string? defect)
    {
        long voids = Counters.Count(change.Kind, outcome, record.Bytes.Length, record.AppendTimeMs);
        if (outcome.Void == VoidReason.Duplicate)
        {
            LogRepetition(_logger, record.Offset, change.Header.Session, change.Header.Sequence);
        }
        else if (voids > 0 && BitOperations.IsPow2(voids))
        {
            // One stray producer must not fill the log: the 1st, 2nd, 4th, 8th ... of a reason is written down, all are counted.
            LogVoid(_logger, record.Offset, outcome.Void, defect ?? change.Kind.ToString(), voids);
        }
    }

    private bool Fail(Exception exception)
    {
        if (Interlocked.CompareExchange(ref _failure, exception, null) is null && exception is not (JournalRefusedException or DataRootException))
        {
            LogFailed(_logger, NextOffset, exception);
        }

        return true;
    }

    [LoggerMessage(4000, LogLevel.Error, "{Stall}")]
    private static partial void LogStalled(ILogger logger, ApplyStall stall);

    [LoggerMessage(4001, LogLevel.Information, "Record {Offset} could be applied after all; the replica goes on")]
    private static partial void LogGoesOn(ILogger logger, long offset);

    [LoggerMessage(4002, LogLevel.Warning, "Record {Offset} is void ({Reason}: {Detail}); {Count} of this kind so far")]
    private static partial void LogVoid(ILogger logger, long offset, VoidReason reason, string detail, long count);

    [LoggerMessage(4003, LogLevel.Debug, "Record {Offset} repeats {Session}/{Sequence}")]
    private static partial void LogRepetition(ILogger logger, long offset, Journal.SessionId session, ulong sequence);

    [LoggerMessage(4004, LogLevel.Critical, "The replica failed at record {Offset}")]
    private static partial void LogFailed(ILogger logger, long offset, Exception exception);
}
