using KafkaFs.Fuse.Mount;
using KafkaFs.Hosting.Configuration;
using KafkaFs.Hosting.Lifetime;
using KafkaFs.Hosting.Metrics;
using KafkaFs.Hosting.Replication;
using KafkaFs.Hosting.Status;
using KafkaFs.Journal.Contract;
using KafkaFs.MasterHost.FileSystem;
using KafkaFs.MasterHost.Session;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Tree;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace KafkaFs.MasterHost;

/// <summary>
/// A master's life: open the journal, open the replica, follow, catch up, start a session, mount, and take it all down again in
/// the other order. After a clean stop it mounts first if the journal is away: changes wait until the rest is done.
/// </summary>
internal sealed partial class MasterWorker(
    HostSettings settings,
    IJournalProvider provider,
    HostStatus status,
    KafkaFsMetrics metrics,
    TimeProvider clock,
    IHostApplicationLifetime lifetime,
    ILogger<MasterWorker> logger) : HostWorker(status, lifetime, logger)
{
    private static readonly TimeSpan s_drain = TimeSpan.FromSeconds(10);

    // Calls that wait for a journal that is away would not be answered in any time.
    private static readonly TimeSpan s_stalledDrain = TimeSpan.FromSeconds(1);

    // Close-to-open: the longest that an open waits.
    private static readonly TimeSpan s_openLimit = TimeSpan.FromSeconds(10);

    // A record is longer than the data of its WRITE by the header, the names and the path.
    private const int RecordOverheadBytes = 64 * 1024;

    private readonly HostStatus _status = status;
    private readonly ILogger _logger = logger;

    /// <inheritdoc/>
    protected override async Task RunAsync(CancellationToken stop)
    {
        try
        {
            await LiveAsync(stop).ConfigureAwait(false);
        }
        catch (FuseUnavailableException exception)
        {
            throw FuseFailure.ToHostFailure(exception);
        }
    }

    private async Task LiveAsync(CancellationToken stop)
    {
        // Looked at first: what is wrong with them must not leave a topic or a data root behind.
        DataRoot.Inspect(settings.DataRoot);
        string mountpoint = Mountpoint.Prepare(settings.Mountpoint, out bool cleaned);
        if (cleaned)
        {
            LogCleaned(_logger, mountpoint);
        }

        ProcessCalls.RaiseDescriptorLimit();
        using IJournal journal = await OpenJournalAsync(stop).ConfigureAwait(false);
        using LocalReplica replica = ReplicaOpening.Open(settings, journal, _status, _logger, clock, stop);
        using LogCheck check = ReplicaOpening.Check(replica, journal, _logger, clock);
        bool isAway = replica.IsUnchecked;
        SessionOptions options = new()
        {
            StallAfter = settings.StallAfter,
            ChangeTimeout = settings.ChangeTimeout,
            OnAcknowledged = metrics.OnAcknowledged,
            IsJournalAway = isAway,
        };
        using MasterSession session = new(replica.Applier, journal, check, options, _logger, clock);
        SessionStart start = new(session, replica, clock, _logger);
        SpaceReserve reserve = new(() => replica.Tree.StatFileSystem(out FileSystemStatus space) == Errno.None ? space : null, settings.ReserveBytes, _logger, clock);
        using LogEnd? logEnd = settings.CloseToOpen ? new LogEnd(journal, () => replica.Reached, settings.StallAfter < s_openLimit ? settings.StallAfter : s_openLimit, clock) : null;
        using MasterFileSystem fileSystem = new(replica, session, reserve, metrics, logEnd);
        replica.Applier.Observer = new MasterObserver(session, start, fileSystem, replica.Applier.OwnAppends, logEnd);
        JournalFollower? follower = null;
        bool isFailing = true;
        try
        {
            follower = new JournalFollower(replica, journal, check, _status, metrics) { AlsoStalled = () => session.Stall ?? (isAway ? start.Words : null) };
            Task started = StartAsync(start, follower, stop);
            if (!isAway)
            {
                await FirstOf(started, follower, session).WaitAsync(stop).ConfigureAwait(false);
            }

            logEnd?.Start();
            using CancellationTokenRegistration noMoreWaits = stop.Register(() => logEnd?.End());
            await ServeAsync(journal, session, fileSystem, follower, started, stop).ConfigureAwait(false);
            await SessionEnd.AppendAsync(session).ConfigureAwait(false);
            isFailing = false;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            isFailing = false;
            _status.Set(HostState.Stopping, "stopping");
        }
        finally
        {
            // The journal may take what it was given yet: answered writes that this replica has not.
            (int handedOver, long unwritten) = (session.HandedOver, fileSystem.PendingBytes);
            session.End();
            follower?.Dispose();
            if (unwritten > 0)
            {
                LogUnwritten(_logger, unwritten);
            }

            replica.CloseUnlessFailed(isFailing, isComplete: handedOver == 0);
        }
    }

    private static async Task StartAsync(SessionStart start, JournalFollower follower, CancellationToken stop)
    {
        await follower.CaughtUp.WaitAsync(stop).ConfigureAwait(false);
        await start.RunAsync(RootAttributes(), stop).ConfigureAwait(false);
    }

    private async Task ServeAsync(
        IJournal journal, MasterSession session, MasterFileSystem fileSystem, JournalFollower follower, Task started, CancellationToken stop)
    {
        metrics.ObserveQueue("handed_over_records", () => session.HandedOver);
        metrics.ObserveQueue("waiting_records", () => session.Queued);
        metrics.ObserveQueue("pending_write_bytes", () => fileSystem.PendingBytes);
        metrics.ObserveQueue("kernel_notifications", () => fileSystem.Notifier.Queued);
        metrics.ObserveNotifications(() => fileSystem.Notifier.Sent);
        metrics.ObserveQueue("open_files", () => fileSystem.OpenFiles);
        metrics.ObserveQueue("known_inodes", () => fileSystem.KnownInodes);
        metrics.ObserveQueue("orphans", () => fileSystem.Orphans.Count);
        FuseMountOptions mountOptions = MountOptions(journal);
        fileSystem.MaxWriteBytes = mountOptions.MaxWriteBytes;
        using FuseMount mount = FuseMount.Mount(mountOptions, fileSystem, _logger);
        using MountCompanion companion = MountCompanion.Start(mount, _logger);
        fileSystem.Notifier.Start(mount.Notifications, mount.Agreed);
        _status.Watch(() => mount.BusySince is TimeSpan busy && busy > HostStatus.HangLimit ? $"no thread that handles calls of {mount.Path} has come back for {busy.TotalSeconds:F0} s" : null);
        Task stopped = Task.Delay(Timeout.Infinite, stop);
        Task ended = Task.WhenAny(stopped, mount.Ended, follower.Ended, session.Ended);
        if (!started.IsCompleted)
        {
            follower.BecomeReady($"mounted on {mount.Path}, journal {provider.Description}");
            await Task.WhenAny(started, ended).ConfigureAwait(false);
        }

        if (started.IsCompletedSuccessfully)
        {
            follower.BecomeReady($"mounted on {mount.Path}, session {session.Id}, journal {provider.Description}");
            await ended.ConfigureAwait(false);
        }

        if (stop.IsCancellationRequested)
        {
            _status.Set(HostState.Stopping, $"unmounting {mount.Path}");
        }

        // A failure leaves nothing to drain for: calls would wait for answers that cannot come.
        TimeSpan drain = session.Waits.IsStalled || !started.IsCompleted ? s_stalledDrain : s_drain;
        mount.Unmount(stop.IsCancellationRequested ? drain : TimeSpan.Zero);
        await ThrowIfEnded(follower, session).ConfigureAwait(false);
        if (started.IsFaulted)
        {
            await started.ConfigureAwait(false);
        }

        if (mount.EndedAbnormally)
        {
            throw new HostFailedException(ExitCode.MountAborted, $"the mount on {mount.Path} was aborted from outside");
        }
    }

    // A start waits for the journal as long as it takes, but not for what has failed meanwhile.
    private static async Task FirstOf(Task goal, JournalFollower follower, MasterSession session)
    {
        await Task.WhenAny(goal, follower.Ended, session.Ended).ConfigureAwait(false);
        await ThrowIfEnded(follower, session).ConfigureAwait(false);
        await goal.ConfigureAwait(false);
    }

    private static async Task ThrowIfEnded(JournalFollower follower, MasterSession session)
    {
        if (follower.Ended.IsCompleted)
        {
            await follower.Ended.ConfigureAwait(false);
        }

        if (session.Failure is HostFailure failure)
        {
            throw new HostFailedException(failure.ExitCode, failure.Message);
        }

        if (session.Ended.IsFaulted)
        {
            await session.Ended.ConfigureAwait(false);
        }
    }

    // Only a master whose data root has followed no journal yet may create one: a topic that vanished must not come back empty.
    private async Task<IJournal> OpenJournalAsync(CancellationToken stop) =>
        !JournalOpening.IsFollowing(settings.DataRoot) ? await provider.OpenAsync(createIfMissing: true, stop).ConfigureAwait(false)
        : settings.MountsWithoutJournal && JournalOpening.IsClean(settings.DataRoot) ? await LateJournal.OpenAsync(provider, stop).ConfigureAwait(false)
        : await JournalOpening.WaitAsync(provider, settings.DataRoot, _status, stop).ConfigureAwait(false);

    private FuseMountOptions MountOptions(IJournal journal)
    {
        int maxWrite = Math.Min(1024 * 1024, journal.MaxRecordBytes - RecordOverheadBytes) & ~4_095;
        FuseMountOptions options = new()
        {
            Mountpoint = settings.Mountpoint,
            Source = settings.Kafka?.Topic ?? settings.EmbeddedFile ?? "kafkafs",
            MaxWriteBytes = Math.Max(4_096, maxWrite),
            ReaderThreads = settings.ReaderThreads,
        };
        return settings.AllowOther is bool allowOther ? options with { AllowOther = allowOther } : options;
    }

    private static InodeAttributes RootAttributes() => new()
    {
        Type = InodeType.Directory,
        Mode = 0x1ed,
        Uid = ProcessCalls.UserId,
        Gid = ProcessCalls.GroupId,
    };

    [LoggerMessage(6100, LogLevel.Warning, "{Path} was the mount of a dead master: it is unmounted, and mounted anew")]
    private static partial void LogCleaned(ILogger logger, string path);

    [LoggerMessage(6102, LogLevel.Error, "{Bytes} bytes that programs have written, and not synced, are not known to be in the journal: it has not taken them before this stop")]
    private static partial void LogUnwritten(ILogger logger, long bytes);
}
