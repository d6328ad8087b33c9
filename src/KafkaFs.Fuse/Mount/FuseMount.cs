using System.Collections.Concurrent;
using System.Globalization;
using KafkaFs.Fuse.Session;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Posix.Mounting;
using KafkaFs.Posix.Processes;
using Microsoft.Extensions.Logging;

namespace KafkaFs.Fuse.Mount;

/// <summary>
/// A mounted filesystem: the device, its reader threads, and its end. No thread of this process that the mount depends on may
/// touch the mount.
/// </summary>
public sealed partial class FuseMount : IDisposable
{
    private static readonly TimeSpan s_initLimit = TimeSpan.FromSeconds(10);

    private readonly SafeFd _device;
    private readonly FuseConnection _connection;
    private readonly ILogger _logger;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _initialized = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<int, Heartbeat> _readerThreads = new();
    private readonly uint? _number;
    private int _readers;
    private volatile bool _unmounting;
    private volatile bool _aborting;

    private FuseMount(string path, SafeFd device, FuseFileSystem fileSystem, FuseMountOptions options, ILogger logger)
    {
        (Path, _device, _logger) = (path, device, logger);
        DeviceChannel channel = new(device);
        _connection = new FuseConnection(channel, fileSystem, options.MaxWriteBytes, logger);
        Notifications = new FuseNotifications(channel);
        _number = MountTable.Find(path)?.DeviceMinor;
        if (_number is uint number)
        {
            MountOwners.Add(path, number);
        }
    }

    /// <summary>Absolute path of the mountpoint.</summary>
    public string Path { get; }

    /// <summary>What the kernel and this side have agreed on.</summary>
    public FuseConnectionInfo Agreed => _connection.Info ?? throw new InvalidOperationException("The kernel has not begun yet.");

    /// <summary>Number of the connection, if it is known: it is in /proc/self/mountinfo.</summary>
    public uint? Connection => _number;

    /// <summary>For telling the kernel what changed; see there from which threads.</summary>
    public FuseNotifications Notifications { get; }

    /// <summary>For how long no reader thread has come back from the call that it handles; null while one waits for calls.</summary>
    public TimeSpan? BusySince
    {
        get
        {
            TimeSpan? least = null;
            foreach (Heartbeat busy in _readerThreads.Values)
            {
                if (busy.Since is not TimeSpan since)
                {
                    return null;
                }

                least = least < since ? least : since;
            }

            return least;
        }
    }

    /// <summary>Completes when the mount is gone, by whomever's hand.</summary>
    public Task Ended => _ended.Task;

    /// <summary>
    /// Valid once <see cref="Ended"/> has completed: the connection was aborted from outside (`umount -f`, sysfs) and not unmounted. What
    /// was left at the path, where every call failed with ENOTCONN, has been taken away.
    /// </summary>
    public bool EndedAbnormally { get; private set; }

    /// <summary>
    /// Mounts and starts serving; returns when the kernel has agreed on the protocol. Throws <see cref="FuseUnavailableException"/>,
    /// and nothing is mounted then.
    /// </summary>
    public static FuseMount Mount(FuseMountOptions options, FuseFileSystem fileSystem, ILogger logger)
    {
        string path = Mountpoint.Prepare(options.Mountpoint, out _);
        MountOwners.Forget(path);
        SafeFd device = ProcessCalls.IsRoot && !options.ForceHelper ? MountDirectly(path, options) : MountByHelper(path, options);
        FuseMount mount = new(path, device, fileSystem, options, logger);
        mount.StartReaders(options.ReaderThreads);
        if (!mount._initialized.Task.Wait(s_initLimit))
        {
            mount.Unmount(TimeSpan.Zero);
            throw new FuseUnavailableException(FuseProblem.NoFuse, $"the kernel did not begin to speak FUSE on '{path}'");
        }

        if (mount._number is uint number)
        {
            MountTable.RaiseReadAhead(number);
        }

        LogMounted(logger, path, mount._connection.Info);
        return mount;
    }

    /// <summary>
    /// Takes the mount off its path while it is still served, waits up to <paramref name="drain"/> for open files to close and calls
    /// to end, then aborts what is left. Repeated calls are fine.
    /// </summary>
    public void Unmount(TimeSpan drain)
    {
        if (_ended.Task.IsCompleted)
        {
            return;
        }

        _unmounting = true;

        // umount2 may wait for requests, which the readers go on to answer: so on a thread of its own.
        Thread unmounting = new(Detach) { IsBackground = true, Name = "fuse-unmount" };
        unmounting.Start();
        if (!_ended.Task.Wait(drain))
        {
            int waited = Abort();
            if (waited > 0 || drain > TimeSpan.Zero)
            {
                LogAborted(_logger, Path, waited);
            }
        }

        unmounting.Join(s_initLimit);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Unmount(TimeSpan.Zero);
        if (_ended.Task.IsCompleted)
        {
            _connection.Dispose();
        }
    }

    private static SafeFd MountDirectly(string path, FuseMountOptions options)
    {
        Errno errno = FileCalls.Open(null, "/dev/fuse"u8, OpenFlags.ReadWrite, 0, out SafeFd device);
        if (errno != Errno.None)
        {
            throw new FuseUnavailableException(FuseProblem.NoFuse, $"/dev/fuse cannot be opened ({errno}): load the module with `modprobe fuse`; in a container pass the device in");
        }

        string data = string.Create(
            CultureInfo.InvariantCulture,
            $"fd={device.Number},rootmode=40000,user_id=0,group_id=0,default_permissions{(options.AllowOther ? ",allow_other" : "")}");
        errno = MountCalls.Mount(options.Source, path, "fuse.kafkafs", MountCalls.NoSuid | MountCalls.NoDev, data);
        if (errno != Errno.None)
        {
            device.Dispose();
            throw new FuseUnavailableException(FuseProblem.NoFuse, $"'{path}' cannot be mounted ({errno}): mount(2) needs CAP_SYS_ADMIN and the fuse module");
        }

        return device;
    }

    private static SafeFd MountByHelper(string path, FuseMountOptions options)
    {
        string source = options.Source.Replace(",", "\\,", StringComparison.Ordinal);
        return MountHelper.Mount(
            path, $"default_permissions,nosuid,nodev,subtype=kafkafs,fsname={source}{(options.AllowOther ? ",allow_other" : "")}");
    }

    private void StartReaders(int count)
    {
        _readers = Math.Max(1, count);
        for (int index = 0; index < Math.Max(1, count); index++)
        {
            new Thread(Serve) { IsBackground = true, Name = $"fuse-reader-{index}" }.Start();
        }
    }

    private void Serve()
    {
        int thread = ThreadInterruption.CurrentThread;
        Heartbeat busy = _readerThreads[thread] = new Heartbeat(TimeProvider.System);
        while (!_aborting && _connection.ServeOne(busy))
        {
            if (_connection.Info is not null)
            {
                _initialized.TrySetResult();
            }
        }

        _readerThreads.TryRemove(thread, out _);
        if (Interlocked.Decrement(ref _readers) == 0)
        {
            _connection.EndDeferred();
            _device.Dispose();
            if (!_unmounting && IsOnTop())
            {
                EndedAbnormally = true;
                LogAbortedByOthers(_logger, Path);
                Detach();
            }

            MountOwners.Forget(Path, _number);
            LogEnded(_logger, Path);
            _ended.TrySetResult();
        }
    }

    // A notification waits, unkillable, for locks that pending calls hold, and keeps the device open: so pending calls are answered
    // first, and the readers serve until all notifications are back. The kernel aborts a connection through sysfs, which is not
    // mounted everywhere, or when its last descriptor closes, for which the readers have to leave theirs.
    private int Abort()
    {
        long deadline = Environment.TickCount64 + (long)s_initLimit.TotalMilliseconds;
        Notifications.Stop();
        int waited = _connection.EndDeferred();
        if (_number is uint number)
        {
            MountTable.Abort(number);
        }

        while (Notifications.UnderWay > 0 && Environment.TickCount64 < deadline)
        {
            Thread.Sleep(1);
        }

        _aborting = true;
        _device.Dispose();
        while (!_ended.Task.Wait(TimeSpan.FromMilliseconds(5)) && Environment.TickCount64 < deadline)
        {
            foreach (int thread in _readerThreads.Keys)
            {
                ThreadInterruption.Interrupt(thread);
            }
        }

        return waited;
    }

    // Only what is ours is taken away: the mount on top of the path may be somebody else's.
    private void Detach()
    {
        if (!IsOnTop())
        {
            return;
        }

        Errno errno = MountCalls.UnmountLazily(Path);
        bool done = errno == Errno.None || (errno == Errno.EPERM && MountHelper.Unmount(Path));
        if (!done && IsOnTop())
        {
            LogUnmountFailed(_logger, Path, errno);
        }
    }

    private bool IsOnTop() => _number is uint number && MountTable.Find(Path) is MountEntry top && top.DeviceMinor == number && top.Type == MountTable.OwnType;

    [LoggerMessage(2050, LogLevel.Information, "Mounted {Path}: {Info}")]
    private static partial void LogMounted(ILogger logger, string path, FuseConnectionInfo? info);

    [LoggerMessage(2051, LogLevel.Information, "{Path} is not mounted any more")]
    private static partial void LogEnded(ILogger logger, string path);

    [LoggerMessage(2052, LogLevel.Warning, "{Path} was still in use: its connection is aborted, {Waiting} calls that waited failed")]
    private static partial void LogAborted(ILogger logger, string path, int waiting);

    [LoggerMessage(2053, LogLevel.Error, "The connection of {Path} was aborted from outside")]
    private static partial void LogAbortedByOthers(ILogger logger, string path);

    [LoggerMessage(2054, LogLevel.Error, "{Path} cannot be unmounted: {Errno}")]
    private static partial void LogUnmountFailed(ILogger logger, string path, Errno errno);
}
