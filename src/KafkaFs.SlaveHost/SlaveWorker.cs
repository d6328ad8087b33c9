using KafkaFs.Hosting.Configuration;
using KafkaFs.Hosting.Lifetime;
using KafkaFs.Hosting.Metrics;
using KafkaFs.Hosting.Replication;
using KafkaFs.Hosting.Status;
using KafkaFs.Journal.Contract;
using KafkaFs.Replica;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace KafkaFs.SlaveHost;

/// <summary>A slave's life: open the journal, open the replica, follow, and at the end leave a checkpoint.</summary>
internal sealed class SlaveWorker(
    HostSettings settings,
    IJournalProvider provider,
    HostStatus status,
    KafkaFsMetrics metrics,
    TimeProvider clock,
    IHostApplicationLifetime lifetime,
    ILogger<SlaveWorker> logger) : HostWorker(status, lifetime, logger)
{
    private readonly HostStatus _status = status;
    private readonly ILogger _logger = logger;

    /// <inheritdoc/>
    protected override async Task RunAsync(CancellationToken stop)
    {
        using IJournal journal = await JournalOpening.WaitAsync(provider, settings.DataRoot, _status, stop).ConfigureAwait(false);
        using LocalReplica replica = ReplicaOpening.Open(settings, journal, _status, _logger, clock, stop);
        using LogCheck check = ReplicaOpening.Check(replica, journal, _logger, clock);
        using JournalFollower follower = new(replica, journal, check, _status, metrics);
        bool isFailing = true;
        try
        {
            await follower.CaughtUp.WaitAsync(stop).ConfigureAwait(false);
            follower.BecomeReady($"following {provider.Description}");
            await follower.Ended.WaitAsync(stop).ConfigureAwait(false);
            isFailing = false;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            isFailing = false;
            _status.Set(HostState.Stopping, "stopping");
        }
        finally
        {
            // Also when the journal is refused: what is applied is right, and need not be built anew.
            follower.Stop();
            replica.CloseUnlessFailed(isFailing);
        }
    }
}
