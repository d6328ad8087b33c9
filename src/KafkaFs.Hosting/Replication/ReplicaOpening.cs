using KafkaFs.Hosting.Configuration;
using KafkaFs.Hosting.Status;
using KafkaFs.Journal.Contract;
using KafkaFs.Replica;
using Microsoft.Extensions.Logging;

namespace KafkaFs.Hosting.Replication;

/// <summary>Opens the replica that the settings name, with the status saying what it takes.</summary>
public static class ReplicaOpening
{
    /// <summary>A switch of <see cref="AppContext"/> for benchmarks, which no setting reaches: <see cref="ReplicaOptions.AlwaysFetches"/>.</summary>
    public const string AlwaysFetchesSwitch = "KafkaFs.AlwaysFetches";

    /// <summary>
    /// <see cref="LocalReplica.Open"/>: blocks while a replica recovers, and while this machine refuses that or the journal does not answer, which is
    /// a stall and goes on by itself; but a master's replica that was stopped cleanly opens unchecked then (<see cref="LocalReplica.IsUnchecked"/>).
    /// </summary>
    public static LocalReplica Open(
        HostSettings settings, IJournal journal, HostStatus status, ILogger logger, TimeProvider clock, CancellationToken stop)
    {
        status.Set(HostState.Starting, $"opening {settings.DataRoot}");
        ReplicaOptions options = new()
        {
            DataRoot = settings.DataRoot,
            Ownership = settings.Ownership,
            CheckpointRecords = settings.CheckpointRecords,
            Accepted = settings.Accepted,
            AlwaysFetches = AppContext.TryGetSwitch(AlwaysFetchesSwitch, out bool always) && always,
            OpensUnchecked = settings.Role == HostRole.Master && settings.MountsWithoutJournal,
            Progress = status.Work,
            OnRecovery = words => status.Set(HostState.Starting, words),
            OnStalled = words => status.Set(HostState.Stalled, words),
        };
        long began = clock.GetTimestamp();
        LocalReplica opened = LocalReplica.Open(options, journal, logger, clock, stop);
        status.OpeningTook = clock.GetElapsedTime(began);
        status.Work.End();
        return opened;
    }

    /// <summary>The check of the journal that a replica follows; the caller disposes it after all who use it.</summary>
    public static LogCheck Check(LocalReplica replica, IJournal journal, ILogger logger, TimeProvider clock) =>
        new(journal, replica.Know, logger, clock)
        {
            WaitsForRecords = () => replica.WaitsForRecords,
            NothingDelivered = replica.RenewReader,
        };
}
