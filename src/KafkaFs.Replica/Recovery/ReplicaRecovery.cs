using System.Security.Cryptography;
using KafkaFs.Journal.Check;
using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Checkpoint;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Tree;
using Microsoft.Extensions.Logging;

namespace KafkaFs.Replica.Recovery;

/// <summary>
/// Brings a tree that was not left by a clean stop to one position of the log, whatever a crash, or a crash of an earlier
/// recovery, has left of it. The state comes as it was at the checkpoint, and is the one at the target afterwards. For one use.
/// </summary>
internal sealed partial class ReplicaRecovery(
    IReplicaDisk disk, ICheckpointStore index, NamespaceState state, CheckpointHeader header, DataTree tree, IJournal journal, ILogger logger)
{
    private readonly Trail? _trail = Trail.Read(disk.ReadTrail());
    private byte[] _lastHash = header.LastRecordHash;

    /// <summary>
    /// Returns the checkpoint that it ends with. Throws <see cref="TreeRefusedException"/> when the machine refuses a call (then it is to be
    /// begun again from the checkpoint), <see cref="DataRootException"/> with TreeDamaged and <see cref="JournalRefusedException"/> with
    /// TreeAheadOfLog when there is no way on. A repair is a recovery that has something to add.
    /// </summary>
    public CheckpointHeader Run(JournalBounds bounds, ReplicaOptions options, CancellationToken stop, IRecoveryAddition? repair = null)
    {
        long target = repair is { IsAtCheckpoint: true } ? header.NextOffset : ChooseTarget(bounds, options.Accepted.Gap);
        options.OnRecovery?.Invoke($"recovering from the checkpoint at {header.NextOffset} to {target}");
        RecoveryPlan plan = Replay(target, options.Progress, stop);
        try
        {
            Restore(plan, target, repair, options.Progress, stop);
        }
        finally
        {
            // If it is begun again, that attempt makes some of these objects anew.
            tree.ForgetObjects();
        }

        return Finish(options.CheckpointRecords);
    }

    private void Restore(RecoveryPlan plan, long target, IRecoveryAddition? repair, WorkProgress? progress, CancellationToken stop)
    {
        progress?.Begin("recovery: putting the tree's objects in their places", "objects");
        using Limbo limbo = new(disk.Place);
        repair?.Extend(plan, limbo, stop);
        PhysicalPlaces places = new(plan, state, disk.Place);
        if (!tree.ProbeHandles())
        {
            places.Search(limbo.Fd, stop);
        }

        new Evacuation(plan, state, places, disk.Place, tree, limbo).Run(stop);
        new Placement(plan, state, places, disk.Place, tree, limbo).Run(stop);
        repair?.Fill(plan, stop);
        new ContentRedo(plan, state, disk.Place, tree, journal) { Progress = progress }.Run(target, stop);
        AttributeRedo attributes = new(plan, state, disk.Place, tree);
        attributes.Run(stop);
        limbo.Empty(attributes.IsInPlace);
    }

    // Always as far as the tree may be: what lies up to the horizon has to be applied anyway.
    private long ChooseTarget(JournalBounds bounds, OffsetGap? accepted)
    {
        // No record of an accepted gap can be waited for, and the one after it may be past the target.
        long Before(long end) => accepted is not null && end > accepted.First && end <= accepted.Last + 1 ? accepted.First : end;
        bounds = bounds with { Next = Before(bounds.Next) };
        long? kept = RecoveryTarget.Read(disk) is long written ? Before(written) : null;
        long former = kept ?? header.NextOffset;
        if (former > bounds.Next)
        {
            throw Ahead($"an unfinished recovery went to {former}", bounds);
        }

        if (_trail is Trail trail && trail.Offset >= bounds.Next)
        {
            throw Ahead($"it was about to hold record {trail.Offset}", bounds);
        }

        long target = Math.Max(former, Before(Math.Min(bounds.Next, header.Horizon)));
        if (kept != target)
        {
            RecoveryTarget.Write(disk, target);
        }

        LogBegins(logger, disk.Place.Path, header.NextOffset, target, bounds.Next);
        return target;
    }

    private RecoveryPlan Replay(long target, WorkProgress? progress, CancellationToken stop)
    {
        progress?.Begin("recovery: reading the journal from the last checkpoint on", "records", target - header.NextOffset);
        RecoveryPlan plan = new(state, tree.Ownership);
        RecordReplay replay = new(state);
        LogRange.Read(
            journal,
            header.NextOffset,
            target,
            state.AcceptedGap,
            (in JournalRecord record) =>
            {
                if (_trail?.Offset == record.Offset && _trail != Trail.Of(record.Offset, record.Bytes))
                {
                    throw RecoveryTable.Met(LogRow.TreeHoldsAnotherRecord, ("offset", record.Offset)).ToException();
                }

                replay.Replay(record, plan.Collect);
                progress?.Advance();
                if (record.Offset == target - 1)
                {
                    _lastHash = SHA256.HashData(record.Bytes);
                }
            },
            stop);
        return plan;
    }

    private CheckpointHeader Finish(long interval)
    {
        TreeSync.Run(disk.Place);
        CheckpointHeader reached = header with
        {
            NextOffset = state.NextOffset,
            LastRecordHash = _lastHash,
            Horizon = state.NextOffset + interval,
            LeaderEpoch = Math.Max(header.LeaderEpoch, journal.LeaderEpoch),
        };
        NamespaceDelta delta = state.Freeze();
        index.Commit(delta, reached);
        delta.Complete();
        RecoveryTarget.Remove(disk);
        LogRecovered(logger, reached.NextOffset, state.InodeCount);
        return reached;
    }

    private static JournalRefusedException Ahead(string what, JournalBounds bounds) =>
        RecoveryTable.Met(LogRow.TreeAheadOfLog, ("log", "the journal"), ("end", bounds.Next), ("what", what)).ToException();

    [LoggerMessage(4120, LogLevel.Warning, "{DataRoot} was not left by a clean stop: recovering from the checkpoint at {Checkpoint} to {Target}; the journal ends at {End}")]
    private static partial void LogBegins(ILogger logger, string dataRoot, long checkpoint, long target, long end);

    [LoggerMessage(4121, LogLevel.Information, "Recovered: checkpoint at {Offset}, {Inodes} inodes")]
    private static partial void LogRecovered(ILogger logger, long offset, long inodes);
}
