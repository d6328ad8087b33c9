using System.Collections.Concurrent;
using System.Globalization;
using KafkaFs.Fuse.Session;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Posix.Mounting;
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
    private readonly ConcurrentDictionary<int, bool> _readerThreads = new();
    private int _readers;
    private volatile bool _aborting;

    private FuseMount(string path, SafeFd device, FuseFileSystem fileSystem, FuseMountOptions options, ILogger logger)
    {
        (Path, _device, _logger) = (path, device, logger);
        DeviceChannel channel = new(device);
        _connection = new FuseConnection(channel, fileSystem, options.MaxWriteBytes, logger);
        Notifications = new FuseNotifications(channel);
    }

    /// <summary>Absolute path of the mountpoint.</summary>
    public string Path { get; }

    /// <summary>For telling the kernel what changed; see there from which threads.</summary>
    public FuseNotifications Notifications { get; }

    /// <summary>Completes when the mount is gone, by whomever's hand.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Requests that wait for an answer from elsewhere.</summary>
    public int DeferredCount => _connection.DeferredCount;

    /// <summary>
    /// Mounts and starts serving; returns when the kernel has agreed on the protocol. Throws <see cref="FuseUnavailableException"/>,
    /// and nothing is mounted then.
    /// </summary>
    public static FuseMount Mount(FuseMountOptions options, FuseFileSystem fileSystem, ILogger logger)
    {
        string path = Mountpoint.Prepare(options.Mountpoint, out _);
        SafeFd device = ProcessCalls.IsRoot && !options.ForceHelper ? MountDirectly(path, options) : MountByHelper(path, options);
        FuseMount mount = new(path, device, fileSystem, options, logger);
        mount.StartReaders(options.ReaderThreads);
        if (!mount._initialized.Task.Wait(s_initLimit))
        {
            mount.Unmount(TimeSpan.Zero);
            throw new FuseUnavailableException(FuseProblem.NoFuse, $"the kernel did not begin to speak FUSE on '{path}'");
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

        // umount2 may wait for requests, which the readers go on to answer: so on a thread of its own.
        Thread unmounting = new(Detach) { IsBackground = true, Name = "fuse-unmount" };
        unmounting.Start();
        if (!_ended.Task.Wait(drain))
        {
            LogAborted(_logger, Path, _connection.DeferredCount);
            Abort();
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
        _readerThreads[thread] = true;
        while (!_aborting && _connection.ServeOne())
        {
            if (_connection.Info is not null)
            {
                _initialized.TrySetResult();
            }
        }

        _readerThreads.TryRemove(thread, out _);
        if (Interlocked.Decrement(ref _readers) == 0)
        {
            _device.Dispose();
            _connection.AbandonDeferred();
            LogEnded(_logger, Path);
            _ended.TrySetResult();
        }
    }

    // The kernel aborts a connection when the last descriptor of it closes: so the readers have to leave theirs. Not by
    // /sys/fs/fuse/connections, which is not mounted everywhere.
    private void Abort()
    {
        _aborting = true;
        _device.Dispose();
        long deadline = Environment.TickCount64 + (long)s_initLimit.TotalMilliseconds;
        while (!_ended.Task.Wait(TimeSpan.FromMilliseconds(5)) && Environment.TickCount64 < deadline)
        {
            foreach (int thread in _readerThreads.Keys)
            {
                ThreadInterruption.Interrupt(thread);
            }
        }
    }

    private void Detach()
    {
        Errno errno = MountCalls.UnmountLazily(Path);
        if (errno == Errno.EPERM && !MountHelper.Unmount(Path))
        {
            LogUnmountFailed(_logger, Path, errno);
        }
    }

    [LoggerMessage(2050, LogLevel.Information, "Mounted {Path}: {Info}")]
    private static partial void LogMounted(ILogger logger, string path, FuseConnectionInfo? info);

    [LoggerMessage(2051, LogLevel.Information, "{Path} is not mounted any more")]
    private static partial void LogEnded(ILogger logger, string path);

    [LoggerMessage(2052, LogLevel.Warning, "{Path} was still in use: its connection is aborted, {Waiting} calls waited")]
    private static partial void LogAborted(ILogger logger, string path, int waiting);

    [LoggerMessage(2054, LogLevel.Error, "{Path} cannot be unmounted: {Errno}")]
    private static partial void LogUnmountFailed(ILogger logger, string path, Errno errno);
}
