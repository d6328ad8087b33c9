using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Checkpoint;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Rejoin;
using KafkaFs.Replica.Repair;
using KafkaFs.Replica.Tree;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace KafkaFs.Replica.Recovery;

/// <summary>Where a replica begins: with nothing, at a clean checkpoint, or at the one that a recovery ended with.</summary>
internal sealed partial class ReplicaStart(NamespaceState state, CheckpointHeader? header)
{
    private static readonly TimeSpan s_longestRetry = TimeSpan.FromSeconds(10);

    /// <summary>The namespace, which is what the tree holds.</summary>
    public NamespaceState State { get; } = state;

    /// <summary>The checkpoint; null if there is none yet.</summary>
    public CheckpointHeader? Header { get; } = header;

    /// <summary>
    /// Finds it, and recovers if the last run did not end cleanly. Throws what refuses (<see cref="LocalReplica.Open"/>); waits while this
    /// machine refuses a recovery.
    /// </summary>
    public static ReplicaStart Find(
        IReplicaDisk disk, ICheckpointStore index, DataTree tree, ReplicaOptions options, IJournal journal, ILogger logger, CancellationToken stop)
    {
        string? told = null;
        for (TimeSpan wait = options.RetryRecoveryAfter; ; wait = wait * 2 < s_longestRetry ? wait * 2 : s_longestRetry)
        {
            try
            {
                return FindOnce(disk, index, tree, options, isFirst: told is null, journal, logger, stop);
            }
            catch (Exception exception) when (exception is TreeRefusedException or CheckpointSpaceException or DataRootException { IsSpace: true })
            {
                string words = $"recovery of '{disk.Place.Path}' cannot go on: {exception.Message}; it is tried again by itself";
                if (words != told)
                {
                    LogStalled(logger, words);
                    told = words;
                }

                options.OnRecoveryStalled?.Invoke(words);
                stop.WaitHandle.WaitOne(wait);
                stop.ThrowIfCancellationRequested();
            }
        }
    }

    private static ReplicaStart FindOnce(
        IReplicaDisk disk, ICheckpointStore index, DataTree tree, ReplicaOptions options, bool isFirst, IJournal journal, ILogger logger, CancellationToken stop)
    {
        JournalBounds bounds = journal.QueryBounds(0, stop);
        RefuseHalfSetAside(disk);
        AdoptionMark.Refuse(disk);
        RepairMark.Refuse(disk);
        JournalBinding.Verify(disk, journal.Identity);
        if (index.Load() is not (NamespaceState state, CheckpointHeader header))
        {
            return Begin(disk, bounds);
        }

        bounds = Confirm(bounds, disk, header, options, journal, stop);
        ResumeCheck.Verify(header, bounds, journal, stop);
        RefuseCopy(disk, header);
        if (CleanMark.IsThere(disk))
        {
            LogResumed(logger, header.NextOffset, bounds.Next, state.InodeCount);
            return new ReplicaStart(state, header);
        }

        ReplicaRecovery recovery = new(disk, index, state, header, tree, journal, isFirst ? logger : NullLogger.Instance);
        return new ReplicaStart(state, recovery.Run(bounds, isFirst ? options : options with { OnRecovery = null }, stop));
    }

    // A broker that was the leader may tell of a past end: only what is said again later is a verdict.
    private static JournalBounds Confirm(
        JournalBounds bounds, IReplicaDisk disk, CheckpointHeader header, ReplicaOptions options, IJournal journal, CancellationToken stop)
    {
        long known = Math.Max(header.NextOffset, Math.Max(RecoveryTarget.Read(disk) ?? 0, (Trail.Read(disk.ReadTrail())?.Offset + 1) ?? 0));
        if (bounds.Next >= known)
        {
            return bounds;
        }

        stop.WaitHandle.WaitOne(options.ConfirmEndAfter);
        stop.ThrowIfCancellationRequested();
        return journal.QueryBounds(0, stop);
    }

    /// <summary>Refuses a data root of which a part was moved already.</summary>
    internal static void RefuseHalfSetAside(IReplicaDisk disk)
    {
        if (disk.ReadStateFile(DataRoot.AsideMark) is not null)
        {
            throw new DataRootException(
                DataRootProblem.TreeDamaged, $"data root '{disk.Place.Path}' was being set aside when that was interrupted; {DataRoot.RejoinAdvice}");
        }
    }

    private static ReplicaStart Begin(IReplicaDisk disk, JournalBounds bounds)
    {
        if (!disk.IsEmpty)
        {
            throw new DataRootException(
                DataRootProblem.TreeDamaged,
                $"data root '{disk.Place.Path}' holds a tree but no checkpoint of it ({DataRoot.OwnName}/index.db is missing); {DataRoot.RejoinAdvice}");
        }

        return bounds.First == 0
            ? new ReplicaStart(new NamespaceState(), null)
            : throw new JournalRefusedException(
                JournalRefusal.Deleted,
                $"records 0..{bounds.First - 1} are deleted from the journal: a replica without a checkpoint cannot be built from it");
    }

    /// <summary>Refuses a data root that was copied: the checkpoint names the objects of the original.</summary>
    internal static void RefuseCopy(IReplicaDisk disk, CheckpointHeader header)
    {
        if (!disk.Identity.AsSpan().SequenceEqual(header.Root))
        {
            throw new DataRootException(
                DataRootProblem.TreeDamaged,
                $"data root '{disk.Place.Path}' is a copy of another one: its checkpoint names the objects of that one; {DataRoot.RejoinAdvice}");
        }
    }

    [LoggerMessage(4100, LogLevel.Information, "Checkpoint at {Offset}, journal at {End}, {Inodes} inodes")]
    private static partial void LogResumed(ILogger logger, long offset, long end, long inodes);

    [LoggerMessage(4101, LogLevel.Error, "{Words}")]
    private static partial void LogStalled(ILogger logger, string words);
}
