using KafkaFs.Journal.Check;
using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Apply;
using KafkaFs.Replica.Checkpoint;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Recovery;
using KafkaFs.Replica.Tree;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace KafkaFs.Replica;

/// <summary>
/// A namespace and a tree at one position of a journal. <see cref="Open"/> brings it to where it stopped, recovering from whatever
/// ended it; <see cref="Follow"/> carries it on and makes checkpoints meanwhile; <see cref="Close"/> leaves a clean one.
/// </summary>
public sealed partial class LocalReplica : IDisposable
{
    private readonly IReplicaDisk _disk;
    private readonly ICheckpointStore _index;
    private readonly IJournal _journal;
    private readonly ReplicaOptions _options;
    private readonly ILogger _logger;
    private readonly OpenDataRoot? _owned;
    private readonly byte[]? _openedTail;
    private readonly int _openedEpoch;
    private readonly int _openedLimit;
    private readonly JournalIdentity? _unchecked;
    private volatile bool _isUnchecked;
    private bool _hasCheckpoint;
    private NamespaceDelta? _first;
    private volatile TailReader? _tail;

    internal LocalReplica(
        IReplicaDisk disk, ICheckpointStore index, DataTree tree, ReplicaStart start, ReplicaOptions options, IJournal journal, ILogger logger, TimeProvider clock, OpenDataRoot? owned = null)
    {
        (_disk, _index, Tree, Namespace, _journal, _options, _logger, _owned) = (disk, index, tree, start.State, journal, options, logger, owned);
        _hasCheckpoint = start.Header is not null;
        (_openedTail, _openedEpoch, _openedLimit) = (start.Header?.LastRecordHash, start.Header?.LeaderEpoch ?? -1, start.IsUnchecked ? 0 : journal.MaxRecordBytes);
        (_unchecked, _isUnchecked) = (start.IsUnchecked ? start.Header?.Journal : null, start.IsUnchecked);
        Applier = new Applier(Namespace, tree, logger, clock)
        {
            Horizon = start.Header?.Horizon ?? options.CheckpointRecords,
            LimitsKnown = limits => owned?.RequireLimits(limits),
            LeavingCheckpoint = LeaveCheckpoint,
            LeaveTrail = disk.WriteTrail,
            HorizonReached = () => Checkpoints?.Hurry(),
        };
        Checkpoints = new Checkpointer(disk, index, Applier, start, options, journal, clock, logger);
    }

    /// <summary>The data root; a simulated replica has none.</summary>
    public DataRoot Root => _owned?.Root ?? throw new InvalidOperationException("This replica has no data root.");

    public NamespaceState Namespace { get; }

    public DataTree Tree { get; }

    public Applier Applier { get; }

    public Checkpointer Checkpoints { get; }

    /// <summary>
    /// The journal did not answer when this was opened (<see cref="ReplicaOptions.OpensUnchecked"/>): it is as a clean stop has left it, and can be
    /// read. Nothing is applied before <see cref="OnChecked"/>.
    /// </summary>
    public bool IsUnchecked => _isUnchecked;

    /// <summary>What this machine refuses now, of a record or of a checkpoint, or null.</summary>
    public ApplyStall? Stall => Applier.Stall ?? Checkpoints.Stall;

    /// <summary>What hangs here, in words: nothing of it has moved for <paramref name="limit"/>, and no journal, disk or checkpoint is said to be waited for. Null if nothing does.</summary>
    public string? Hang(TimeSpan limit) =>
        Applier.Applying.Since is TimeSpan applying
            ? (applying > limit ? $"record {Applier.NextOffset} has been being applied for {applying.TotalSeconds:F0} s" : null)
            : Applier.Following.Since is TimeSpan following && following > limit ? $"the thread that follows the journal has not moved for {following.TotalSeconds:F0} s" : null;

    /// <summary>False while this machine, or a checkpoint that is not durable yet, keeps the next record from being applied: none is waited for then.</summary>
    public bool WaitsForRecords => Stall is null && Applier.NextOffset < Applier.Horizon;

    /// <summary>Offset up to which nothing of the log is missing here: of the next record, or past an accepted gap before it.</summary>
    public long Reached => _options.Accepted.Reached(Applier.NextOffset);

    /// <summary>
    /// What this replica knows of its log now; for checks of it. Only <paramref name="withTail"/> waits for the batch under way, and hashes
    /// the last record, up to megabytes, before the next one is applied.
    /// </summary>
    public KnownLog Know(bool withTail)
    {
        (long next, byte[]? tail) = withTail ? Applier.Tail : (Applier.NextOffset, null);
        return new KnownLog
        {
            Identity = _unchecked ?? _journal.Identity,
            Filesystem = Namespace.IsCreated ? Namespace.Filesystem : Guid.Empty,
            NextOffset = next,
            TailHash = withTail ? tail ?? (_openedTail is { Length: > 0 } ? _openedTail : null) : null,
            LeaderEpoch = Math.Max(_openedEpoch, _journal.LeaderEpoch),
            MaxRecordBytes = _openedLimit,
            Accepted = _options.Accepted,
        };
    }

    /// <summary>
    /// Opens the data root, checks that <paramref name="journal"/> is the one it follows, and brings tree and namespace to one position:
    /// that of a clean stop, that of a recovery, or the journal's start. While this machine refuses a recovery, or the journal does not answer, it
    /// is tried again until <paramref name="stop"/>. Throws <see cref="DataRootException"/>, <see cref="CheckpointException"/> and
    /// <see cref="JournalRefusedException"/>; nothing is lost then.
    /// </summary>
    public static LocalReplica Open(ReplicaOptions options, IJournal journal, ILogger logger, TimeProvider clock, CancellationToken stop)
    {
        OpenDataRoot place = OpenDataRoot.Open(options, logger);
        LocalReplica? replica = null;
        try
        {
            ReplicaStart start = ReplicaStart.Find(place.Root, place.Index, place.Tree, options, journal, logger, stop);
            if (start.State.IsCreated)
            {
                place.RequireLimits(start.State.Limits);
            }

            replica = new LocalReplica(place.Root, place.Index, place.Tree, start, options, journal, logger, clock, place);
            return replica;
        }
        finally
        {
            if (replica is null)
            {
                place.Dispose();
            }
        }
    }

    /// <summary>The log has been found to be the one that <see cref="Know"/> tells of: <see cref="Follow"/> may be called.</summary>
    public void OnChecked() => _isUnchecked = false;

    /// <summary>
    /// Reads the journal from where the replica stands and applies it, until <paramref name="stop"/>. Blocks; for a thread of its
    /// own, once. Throws what makes the replica unable to go on: a refused journal, a broken invariant, a disk that lost data.
    /// </summary>
    public void Follow(CancellationToken stop)
    {
        if (IsUnchecked)
        {
            throw new InvalidOperationException("The log was not checked.");
        }

        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Thread checkpoints = new(() => Checkpoints.Run(ending.Token)) { IsBackground = true, Name = "checkpoint" };
        checkpoints.Start();
        try
        {
            ReadAndApply(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            LogStopped(_logger, Applier.NextOffset);
        }
        finally
        {
            ending.Cancel();
            checkpoints.Join();
        }
    }

    /// <summary>
    /// The journal has records that do not come: what <see cref="Follow"/> reads by is made anew. Returns at once; does nothing while
    /// nothing follows.
    /// </summary>
    public void RenewReader() => _tail?.Renew();

    /// <summary>
    /// A clean stop: applies nothing more, leaves a checkpoint, and marks it as what the tree is. Nothing else may use the tree any
    /// more. Where the machine refuses a part there is no mark, and the next opening recovers. A replica that has applied nothing is
    /// left as it was found.
    /// </summary>
    /// <param name="isComplete">Nothing that may be in the journal is missing here that callers were told of.</param>
    public void Close(bool isComplete = true)
    {
        Applier.Stop();
        if (!_hasCheckpoint)
        {
            return;
        }

        while (Checkpoints.Begin())
        {
            Checkpoints.Sync();
            if (!Checkpoints.TryCommit())
            {
                throw new DataRootException(DataRootProblem.Unusable, $"no clean checkpoint is written: {Checkpoints.Stall}");
            }
        }

        if (Namespace.HasChanges)
        {
            throw new InvalidOperationException("The replica has changes that no checkpoint took.");
        }

        if (Applier.IsHalfMade)
        {
            // Recovery sees to it.
            LogNotClean(_logger, $"{Applier.Stall}");
        }
        else if (!isComplete)
        {
            LogNotClean(_logger, "the journal has not said what became of records that it was given");
        }
        else if (!CleanMark.IsThere(_disk))
        {
            CleanMark.Write(_disk);
            LogCheckpoint(_logger, Namespace.NextOffset, Namespace.InodeCount, Checkpoints.Durable.Hash);
        }
    }

    /// <summary>
    /// <see cref="Close(bool)"/>, but not after a failure of the replica: then the next opening recovers. A host that
    /// <paramref name="isFailing"/> already has its reason: what goes wrong here is only logged then.
    /// </summary>
    public void CloseUnlessFailed(bool isFailing = false, bool isComplete = true)
    {
        if (Applier.HasFailed)
        {
            return;
        }

        try
        {
            Close(isComplete);
        }
        catch (Exception exception) when (isFailing && (exception is DataRootException or IOException or SqliteException))
        {
            LogNotClosed(_logger, exception.Message);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Applier.Dispose();
        Checkpoints.Dispose();
        _owned?.Dispose();
    }

    private void ReadAndApply(CancellationToken stop)
    {
        using IJournalReader reader = _journal.OpenReader(0, Applier.NextOffset);
        using CancellationTokenRegistration wake = stop.Register(reader.Wake);
        TailReader tail = new(Applier, reader, _options.AlwaysFetches);
        _tail = tail;
        try
        {
            tail.Run(stop);
        }
        finally
        {
            _tail = null;
        }
    }

    // Before the first change: the journal's first record was accepted, and from here on the checkpoint is not what the tree is.
    private void LeaveCheckpoint()
    {
        if (!_hasCheckpoint)
        {
            JournalBinding.Bind(_disk, _journal.Identity);
            RecordedOwnership.Record(_disk, Tree.Ownership);
            NamespaceDelta empty = _first ??= Namespace.Freeze();
            _index.Commit(empty, new CheckpointHeader(_journal.Identity, 0, [], _disk.Identity, Applier.Horizon, _journal.LeaderEpoch));
            empty.Complete();
            _hasCheckpoint = true;
        }

        CleanMark.Remove(_disk);
    }

    [LoggerMessage(4102, LogLevel.Information, "Stopped before record {Offset}")]
    private static partial void LogStopped(ILogger logger, long offset);

    [LoggerMessage(4103, LogLevel.Information, "Clean checkpoint at {Offset}, {Inodes} inodes, state {Hash}")]
    private static partial void LogCheckpoint(ILogger logger, long offset, long inodes, string hash);

    [LoggerMessage(4109, LogLevel.Error, "No clean checkpoint is written: {Reason}")]
    private static partial void LogNotClosed(ILogger logger, string reason);

    [LoggerMessage(4110, LogLevel.Warning, "This is no clean stop, and the next start recovers: {Stall}")]
    private static partial void LogNotClean(ILogger logger, string stall);
}
