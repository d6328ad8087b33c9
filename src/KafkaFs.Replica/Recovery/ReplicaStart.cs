using KafkaFs.Journal.Check;
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

    /// <summary>The journal did not answer: that the log is ours is not known yet.</summary>
    public bool IsUnchecked { get; private init; }

    /// <summary>
    /// Finds it, and recovers if the last run did not end cleanly. Throws what refuses (<see cref="LocalReplica.Open"/>); waits while this
    /// machine refuses a recovery, and while the journal does not answer (a leader is being elected, brokers are away).
    /// </summary>
    public static ReplicaStart Find(
        IReplicaDisk disk, ICheckpointStore index, DataTree tree, ReplicaOptions options, IJournal journal, ILogger logger, CancellationToken stop)
    {
        string? told = null;
        for (TimeSpan wait = options.RetryAfter; ; wait = wait * 2 < s_longestRetry ? wait * 2 : s_longestRetry)
        {
            try
            {
                return FindOnce(disk, index, tree, options, isFirst: told is null, journal, logger, stop);
            }
            catch (JournalUnavailableException exception)
            {
                options.OnStalled?.Invoke(exception.Message);
            }
            catch (Exception exception) when (exception is TreeRefusedException or CheckpointSpaceException or DataRootException { IsSpace: true })
            {
                string words = $"recovery of '{disk.Place.Path}' cannot go on: {exception.Message}; it is tried again by itself";
                if (words != told)
                {
                    LogStalled(logger, words);
                    told = words;
                }

                options.OnStalled?.Invoke(words);
            }

            stop.WaitHandle.WaitOne(wait);
            stop.ThrowIfCancellationRequested();
        }
    }

    private static ReplicaStart FindOnce(
        IReplicaDisk disk, ICheckpointStore index, DataTree tree, ReplicaOptions options, bool isFirst, IJournal journal, ILogger logger, CancellationToken stop)
    {
        RefuseHalfSetAside(disk);
        AdoptionMark.Refuse(disk);
        RepairMark.Refuse(disk);
        JournalIdentity? bound = JournalBinding.Read(disk);
        if (index.Load() is not (NamespaceState state, CheckpointHeader header))
        {
            StartCheck.Verify(new KnownLog { Identity = bound, Accepted = options.Accepted }, 0, journal, options.ConfirmEndAfter, stop);
            return Begin(disk, options.Accepted.Gap);
        }

        KnownLog known;
        JournalBounds bounds;
        try
        {
            known = Known(bound, state, header, journal, options);
            bounds = StartCheck.Verify(known, Farthest(disk, header), journal, options.ConfirmEndAfter, stop);
        }
        catch (JournalUnavailableException exception) when (MayOpenUnchecked(disk, state, header, bound, options))
        {
            RefuseCopy(disk, header);
            LogUnchecked(logger, header.NextOffset, state.InodeCount, exception.Message);
            return new ReplicaStart(state, header) { IsUnchecked = true };
        }

        RefuseCopy(disk, header);
        state.AcceptedGap = options.Accepted.Gap;
        if (CleanMark.IsThere(disk))
        {
            header = Accept(index, state, header, journal.Identity);
            LogResumed(logger, header.NextOffset, bounds.Next, state.InodeCount);
        }
        else
        {
            CheckpointHeader ours = header with { Journal = journal.Identity, LeaderEpoch = known.LeaderEpoch };
            ReplicaRecovery recovery = new(disk, index, state, ours, tree, journal, isFirst ? logger : NullLogger.Instance);
            header = recovery.Run(bounds, isFirst ? options : options with { OnRecovery = null }, stop);
        }

        JournalBinding.Follow(disk, journal.Identity);
        return new ReplicaStart(state, header);
    }

    // After a clean stop the tree has everything that was ever answered here. What an operator accepts is proven by the journal alone.
    private static bool MayOpenUnchecked(IReplicaDisk disk, NamespaceState state, CheckpointHeader header, JournalIdentity? bound, ReplicaOptions options) =>
        options.OpensUnchecked && options.Accepted == Acceptance.None && CleanMark.IsThere(disk) && state.IsCreated && header.Journal == bound;

    // Epochs are those of one topic: another one has begun anew.
    private static KnownLog Known(JournalIdentity? bound, NamespaceState state, CheckpointHeader header, IJournal journal, ReplicaOptions options) => new()
    {
        Identity = bound,
        Filesystem = state.IsCreated ? state.Filesystem : Guid.Empty,
        NextOffset = header.NextOffset,
        TailHash = header.LastRecordHash is { Length: > 0 } hash ? hash : null,
        LeaderEpoch = header.Journal == journal.Identity ? header.LeaderEpoch : -1,
        Accepted = options.Accepted,
    };

    private static long Farthest(IReplicaDisk disk, CheckpointHeader header) =>
        Math.Max(header.NextOffset, Math.Max(RecoveryTarget.Read(disk) ?? 0, (Trail.Read(disk.ReadTrail())?.Offset + 1) ?? 0));

    // The log that was accepted is the one that the checkpoint is of from here on; the binding follows as the last step.
    private static CheckpointHeader Accept(ICheckpointStore index, NamespaceState state, CheckpointHeader header, JournalIdentity journal)
    {
        if (header.Journal == journal)
        {
            return header;
        }

        header = header with { Journal = journal, LeaderEpoch = -1 };
        NamespaceDelta delta = state.Freeze();
        index.Commit(delta, header);
        delta.Complete();
        return header;
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

    private static ReplicaStart Begin(IReplicaDisk disk, OffsetGap? accepted) => disk.IsEmpty
        ? new ReplicaStart(new NamespaceState { AcceptedGap = accepted }, null)
        : throw new DataRootException(
            DataRootProblem.TreeDamaged,
            $"data root '{disk.Place.Path}' holds a tree but no checkpoint of it ({DataRoot.OwnName}/index.db is missing); {DataRoot.RejoinAdvice}");

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

    [LoggerMessage(4112, LogLevel.Warning, "Clean checkpoint at {Offset}, {Inodes} inodes; the journal does not answer, and is checked when it does: {Why}")]
    private static partial void LogUnchecked(ILogger logger, long offset, long inodes, string why);

    [LoggerMessage(4101, LogLevel.Error, "{Words}")]
    private static partial void LogStalled(ILogger logger, string words);
}
