using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using KafkaFs.Fuse.Mount;
using KafkaFs.Hosting.Lifetime;
using KafkaFs.Posix.Files;
using KafkaFs.Posix.Processes;
using Microsoft.Extensions.Logging;

namespace KafkaFs.MasterHost;

/// <summary>
/// A small process beside a master that takes the mount away when the master is dead. A master that was killed cannot end while one of its threads
/// waits, unkillable, for a lock that a call holds which waits for the master; nobody but another process can break that, and whoever started the
/// master is told of its end only afterwards. The process is the same program with another command; it ends when its standard input does.
/// </summary>
internal sealed partial class MountCompanion : IDisposable
{
    /// <summary>`companion PID MOUNTPOINT CONNECTION`, not for people.</summary>
    public const string Command = "companion";

    private static readonly TimeSpan s_lookInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_endLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMinutes(1);

    private readonly FuseMount _mount;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private Process? _process;
    private TimeSpan _restartAfter = TimeSpan.FromSeconds(2);
    private bool _isOver;

    private MountCompanion(FuseMount mount, ILogger logger) => (_mount, _logger) = (mount, logger);

    /// <summary>
    /// Starts the companion of <paramref name="mount"/>, and another one if it ends before the mount does (somebody kills it, the machine lacks memory). If that
    /// cannot be, a warning says so, and there is none.
    /// </summary>
    public static MountCompanion Start(FuseMount mount, ILogger logger)
    {
        MountCompanion companion = new(mount, logger);
        if (mount.Connection is uint connection)
        {
            companion.StartProcess(connection);
        }

        return companion;
    }

    /// <summary>The companion: returns when the master has no need of it any more, or is dead and its mount is gone.</summary>
    public static int Run(string[] arguments)
    {
        if (arguments is not [string process, string mountpoint, string number]
            || !int.TryParse(process, CultureInfo.InvariantCulture, out int master)
            || !uint.TryParse(number, CultureInfo.InvariantCulture, out uint connection))
        {
            return ExitCode.Usage;
        }

        // It ends with the master, and not by what ends the master.
        ProcessCalls.BeginSession();
        using PosixSignalRegistration interrupt = Ignore(PosixSignal.SIGINT), hangUp = Ignore(PosixSignal.SIGHUP), terminate = Ignore(PosixSignal.SIGTERM);
        ulong? started = ProcessStat.Read(master)?.Started;
        bool isOver = false, isDead = false;
        while (!isOver && !isDead)
        {
            isOver = ProcessCalls.WaitForInput(s_lookInterval);
            isDead = ProcessStat.Read(master) is not ProcessStat stat || stat.Started != started || stat.IsEnding;
        }

        return isDead && MountCleanup.RunFor(master, mountpoint, connection) ? ExitCode.MountAborted : ExitCode.Success;
    }

    /// <summary>The companion ends, and is waited for a moment; where the mount could not be taken away, it stays until this process has ended.</summary>
    public void Dispose()
    {
        Process? process;
        lock (_gate)
        {
            (_isOver, process) = (true, _process);
        }

        if (process is not null && _mount.Ended.IsCompleted)
        {
            process.StandardInput.Close();
            process.WaitForExit(s_endLimit);
            process.Dispose();
        }
    }

    private void StartProcess(uint connection)
    {
        lock (_gate)
        {
            if (_isOver || _mount.Ended.IsCompleted)
            {
                return;
            }

            try
            {
                _process?.Dispose();
                _process = Process.Start(StartInfo(_mount.Path, connection))!;
                _process.EnableRaisingEvents = true;
                _process.Exited += (_, _) => OnExited(connection);
            }
            catch (Win32Exception exception)
            {
                _process = null;
                LogNone(_logger, _mount.Path, exception.Message);
            }
        }
    }

    private void OnExited(uint connection)
    {
        TimeSpan pause;
        lock (_gate)
        {
            if (_isOver || _mount.Ended.IsCompleted)
            {
                return;
            }

            // What ends it may last: a second pause is twice as long.
            pause = _restartAfter;
            _restartAfter = pause + pause < s_longestPause ? pause + pause : s_longestPause;
        }

        LogEnded(_logger, _mount.Path, pause.TotalSeconds);
        Task.Delay(pause).ContinueWith(_ => StartProcess(connection), TaskScheduler.Default);
    }

    private static PosixSignalRegistration Ignore(PosixSignal signal) => PosixSignalRegistration.Create(signal, static context => context.Cancel = true);

    private static ProcessStartInfo StartInfo(string mountpoint, uint connection)
    {
        // `dotnet PROGRAM.dll` is started as such again.
        string program = Environment.ProcessPath!;
        string[] first = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [Environment.GetCommandLineArgs()[0]] : [];
        ProcessStartInfo start = new(
            program,
            [.. first, Command, Environment.ProcessId.ToString(CultureInfo.InvariantCulture), mountpoint, connection.ToString(CultureInfo.InvariantCulture)])
        {
            // Pipes of its own: whoever reads the master's output until its end must not wait for it.
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        start.Environment["DOTNET_GCHeapHardLimit"] = "0x1000000";
        start.Environment["DOTNET_gcConcurrent"] = "0";
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment.Remove("NOTIFY_SOCKET");
        start.Environment.Remove("WATCHDOG_USEC");
        return start;
    }

    [LoggerMessage(6103, LogLevel.Warning, "The companion of the mount on {Path} has ended; another one is started in {Seconds} s")]
    private static partial void LogEnded(ILogger logger, string path, double seconds);

    [LoggerMessage(6101, LogLevel.Warning, "No companion of the mount on {Path} could be started ({Words}): after a kill -9, `cleanup` frees the path")]
    private static partial void LogNone(ILogger logger, string path, string words);
}
