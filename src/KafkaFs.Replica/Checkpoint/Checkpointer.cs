using KafkaFs.Journal.Contract;
using KafkaFs.Posix;
using KafkaFs.Replica.Apply;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Recovery;
using KafkaFs.Replica.Tree;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace KafkaFs.Replica.Checkpoint;

/// <summary>
/// Makes checkpoints while records are applied: freeze the namespace between two batches, make the tree durable, commit. Applying
/// waits for the first of these only. The steps are for one thread; the properties for any.
/// </summary>
public sealed partial class Checkpointer : IDisposable
{
    private static readonly TimeSpan s_lookInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_retryAfter = TimeSpan.FromSeconds(1);

    private readonly IReplicaDisk _disk;
    private readonly ICheckpointStore _index;
    private readonly Applier _applier;
    private readonly NamespaceState _namespace;
    private readonly ReplicaOptions _options;
    private readonly IJournal _journal;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly AutoResetEvent _due = new(false);
    private readonly int _openedEpoch;
    private byte[] _lastHash;
    private volatile DurableCheckpoint _durable;
    private long _frozenAt;
    private long _bytesAt;
    private long _longestPauseTicks;
    private long _lastTicks;
    private long _count;
    private volatile ApplyStall? _stall;
    private NamespaceDelta? _pending;
    private CheckpointHeader? _pendingHeader;

    internal Checkpointer(
        IReplicaDisk disk, ICheckpointStore index, Applier applier, ReplicaStart start, ReplicaOptions options, IJournal journal, TimeProvider clock, ILogger logger)
    {
        NamespaceState state = start.State;
        (_disk, _index, _applier, _namespace, _options) = (disk, index, applier, state, options);
        (_lastHash, _openedEpoch) = (start.Header?.LastRecordHash ?? [], start.Header?.LeaderEpoch ?? -1);
        (_journal, _clock, _logger, _durable, _frozenAt) = (journal, clock, logger, new DurableCheckpoint(state.NextOffset, state.StateHash), clock.GetTimestamp());
    }

    /// <summary>Offset of the first record that the last durable checkpoint does not hold.</summary>
    public long Position => _durable.Position;

    /// <summary>The last durable checkpoint; before the first one it stands at 0.</summary>
    public DurableCheckpoint Durable => _durable;

    /// <summary>Checkpoints that this process has made durable.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>From the beginning of the last durable checkpoint of this process until it was durable; zero before the first.</summary>
    public TimeSpan LastDuration => TimeSpan.FromTicks(Volatile.Read(ref _lastTicks));

    /// <summary>Why the last checkpoint is not durable yet (the disk is full), or null.</summary>
    public ApplyStall? Stall => _stall;

    /// <summary>The longest time for which applying had to wait for a checkpoint to begin.</summary>
    public TimeSpan LongestPause => TimeSpan.FromTicks(Volatile.Read(ref _longestPauseTicks));

    /// <summary>Makes a checkpoint whenever one is due, until <paramref name="stop"/>. Blocks; a failure ends the replica (<see cref="Applier.FailWith"/>).</summary>
    internal void Run(CancellationToken stop)
    {
        try
        {
            while (!stop.IsCancellationRequested)
            {
                WaitHandle.WaitAny([stop.WaitHandle, _due], s_lookInterval);
                if (!stop.IsCancellationRequested && IsDue() && Begin())
                {
                    Sync();
                    CommitWhenPossible(stop);
                }
            }
        }
        catch (Exception exception) when (EndWith(exception))
        {
            // The thread that applies throws it.
        }
    }

    /// <summary>A record waits for the next checkpoint.</summary>
    internal void Hurry() => _due.Set();

    /// <summary>The first step; false if nothing changed, or the tree does not hold all that was applied.</summary>
    internal bool Begin()
    {
        if (_pending is not null)
        {
            return true;
        }

        if (!_namespace.HasChanges || _applier.Freeze(out byte[]? last, out TimeSpan pause) is not NamespaceDelta delta)
        {
            return false;
        }

        NotePause(pause);
        _lastHash = last ?? _lastHash;
        long next = delta.Totals.NextOffset;
        _pending = delta;
        _pendingHeader = new CheckpointHeader(_journal.Identity, next, _lastHash, _disk.Identity, next + _options.CheckpointRecords, Math.Max(_openedEpoch, _journal.LeaderEpoch));
        (_frozenAt, _bytesAt) = (_clock.GetTimestamp(), _applier.Counters.Bytes);
        return true;
    }

    /// <summary>The second step: everything that was applied before the first one is durable. Throws <see cref="DataRootException"/>, finally.</summary>
    internal void Sync()
    {
        TreeSync.Run(_disk.Place);
    }

    /// <summary>The third step; false if the disk is full: it can be tried again.</summary>
    internal bool TryCommit()
    {
        if (_pending is not NamespaceDelta delta || _pendingHeader is not CheckpointHeader header)
        {
            throw new InvalidOperationException("No checkpoint was begun.");
        }

        try
        {
            _index.Commit(delta, header);
        }
        catch (CheckpointSpaceException exception)
        {
            Stalled(header.NextOffset, exception);
            return false;
        }

        delta.Complete();
        (_pending, _pendingHeader, _stall) = (null, null, null);
        _durable = new DurableCheckpoint(header.NextOffset, delta.StateHash);
        Volatile.Write(ref _lastTicks, _clock.GetElapsedTime(_frozenAt).Ticks);
        Volatile.Write(ref _count, _count + 1);
        _applier.MoveHorizon(header.Horizon);
        LogCheckpoint(_logger, header.NextOffset, delta.RowCount, _durable.Hash);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _due.Dispose();

    private void CommitWhenPossible(CancellationToken stop)
    {
        while (!TryCommit())
        {
            stop.WaitHandle.WaitOne(s_retryAfter);
            if (stop.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private bool IsDue()
    {
        long records = _applier.NextOffset - Position;
        return records > 0
            && (records >= _options.CheckpointRecords / 2
                || _applier.NextOffset >= _applier.Horizon
                || _applier.Counters.Bytes - _bytesAt >= _options.CheckpointBytes
                || _clock.GetElapsedTime(_frozenAt) >= _options.CheckpointInterval);
    }

    private void NotePause(TimeSpan pause)
    {
        if (pause.Ticks > _longestPauseTicks)
        {
            Volatile.Write(ref _longestPauseTicks, pause.Ticks);
        }
    }

    private void Stalled(long offset, CheckpointSpaceException exception)
    {
        if (_stall is null)
        {
            _stall = new ApplyStall(offset, Errno.ENOSPC, ".kafkafs/index.db", "write", _clock.GetUtcNow());
            LogStalled(_logger, offset, exception.Message);
        }
    }

    private bool EndWith(Exception exception)
    {
        _applier.FailWith(exception is SqliteException or IOException ? NotKept(exception) : exception);
        return true;
    }

    private DataRootException NotKept(Exception exception) => new(
        DataRootProblem.Unusable,
        $"data root '{_disk.Place.Path}': the checkpoint cannot be written: {exception.Message.TrimEnd('.')}; see to the disk, and start again to recover");

    [LoggerMessage(4130, LogLevel.Debug, "Checkpoint at {Offset}: {Rows} rows, state {Hash}")]
    private static partial void LogCheckpoint(ILogger logger, long offset, int rows, string hash);

    [LoggerMessage(4131, LogLevel.Error, "The checkpoint at {Offset} cannot be written: {Reason}; it is tried again every second")]
    private static partial void LogStalled(ILogger logger, long offset, string reason);
}
