using KafkaFs.Journal.Check;
using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Checkpoint;
using KafkaFs.Replica.Recovery;
using KafkaFs.Replica.Tree;
using KafkaFs.Replica.Verification;
using Microsoft.Extensions.Logging.Abstractions;

namespace KafkaFs.Replica.Repair;

/// <summary>
/// Brings the tree of a stopped replica back to what its namespace says: a recovery to which everything is added that a look at the
/// disk finds. It may be stopped anywhere and is then run again; hosts refuse the data root until it has ended. For one use.
/// </summary>
/// <param name="report">Hears what is found, and so mended, in words for a person.</param>
public sealed class ReplicaRepair(StoppedReplica replica, Action<TreeDifference> report)
{
    /// <summary>Offsets that the journal lacks and that are gone past, as its options have to say too; null: none.</summary>
    public OffsetGap? AcceptedGap { get; init; }

    /// <inheritdoc cref="ReplicaOptions.Progress"/>
    public WorkProgress? Progress { get; init; }

    /// <summary>
    /// Takes lost contents, and with <paramref name="compareContents"/> all that differ, from a replica of the same journal that was stopped
    /// cleanly at the same position. Throws <see cref="DataRootException"/> for what cannot be done; if something was changed by then, the
    /// data root is marked, and the repair is to be run again.
    /// </summary>
    public RepairCounts FromReplica(StoppedReplica other, bool compareContents, CancellationToken stop)
    {
        if (!IsAtCheckpoint)
        {
            throw new DataRootException(
                DataRootProblem.Unusable,
                $"data root '{replica.Root.Path}' was not left by a clean stop, so its tree may hold more than its checkpoint: only the journal says what (--from-log)");
        }

        replica.RequireSame(other);
        ContentVerifier? contents = compareContents ? new ContentVerifier(replica, other) { Progress = Progress } : null;
        return Run(new AbsentJournal(replica.Header.Journal), default, new ReplicaContent(replica, other), [], contents, stop);
    }

    /// <summary>
    /// Takes lost contents, and those of the files at <paramref name="paths"/> (below the data root), from the journal. A tree that was not left
    /// by a clean stop is recovered on the way, to where its host would have brought it. Throws as <see cref="FromReplica"/> does, and what
    /// the journal throws.
    /// </summary>
    public RepairCounts FromLog(IJournal journal, IReadOnlyList<byte[]> paths, CancellationToken stop)
    {
        KnownLog known = new()
        {
            Identity = JournalBinding.Read(replica.Root),
            Filesystem = replica.Namespace.IsCreated ? replica.Namespace.Filesystem : Guid.Empty,
            NextOffset = replica.Header.NextOffset,
            TailHash = replica.Header.LastRecordHash is { Length: > 0 } hash ? hash : null,
            Accepted = Accepted,
        };
        replica.Namespace.AcceptedGap = AcceptedGap;
        JournalBounds bounds = StartCheck.Verify(known, 0, journal, LogProbe.ConfirmAfter, stop);
        return Run(journal, bounds, new LogContent(replica, journal, bounds), paths, contents: null, stop);
    }

    private Acceptance Accepted => new(Gap: AcceptedGap);

    private bool IsAtCheckpoint => RepairMark.Read(replica.Root)?.Clean ?? replica.IsClean;

    private RepairCounts Run(
        IJournal journal, JournalBounds bounds, IContentSource source, IReadOnlyList<byte[]> paths, ContentVerifier? contents, CancellationToken stop)
    {
        RepairAddition repair = new(replica, IsAtCheckpoint, source, paths, contents, report);
        ReplicaRecovery recovery = new(replica.Root, replica.Index, replica.Namespace, replica.Header, replica.Tree, journal, NullLogger.Instance);
        try
        {
            recovery.Run(bounds, new ReplicaOptions { DataRoot = replica.Root.Path, Accepted = Accepted, Progress = Progress }, stop, repair);
        }
        catch (TreeRefusedException exception)
        {
            throw Stopped(exception.Message);
        }
        catch (CheckpointSpaceException exception)
        {
            throw Stopped(exception.Message);
        }

        CleanMark.Write(replica.Root);
        RepairMark.Remove(replica.Root);
        return repair.Counts with { Foreign = replica.Tree.Strangers };
    }

    private DataRootException Stopped(string why) =>
        new(DataRootProblem.Unusable, $"the repair of '{replica.Root.Path}' cannot go on: {why}; see to that, and run it again");
}
