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

    private readonly FuseMount _mount;
    private readonly Process? _process;

    private MountCompanion(FuseMount mount, Process? process) => (_mount, _process) = (mount, process);

    /// <summary>Starts the companion of <paramref name="mount"/>. If that cannot be, a warning says so, and there is none.</summary>
    public static MountCompanion Start(FuseMount mount, ILogger logger)
    {
        if (mount.Connection is not uint connection)
        {
            return new MountCompanion(mount, null);
        }

        try
        {
            return new MountCompanion(mount, Process.Start(StartInfo(mount.Path, connection)));
        }
        catch (Win32Exception exception)
        {
            LogNone(logger, mount.Path, exception.Message);
            return new MountCompanion(mount, null);
        }
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
        if (_process is not null && _mount.Ended.IsCompleted)
        {
            _process.StandardInput.Close();
            _process.WaitForExit(s_endLimit);
            _process.Dispose();
        }
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

    [LoggerMessage(6101, LogLevel.Warning, "No companion of the mount on {Path} could be started ({Words}): after a kill -9, `cleanup` frees the path")]
    private static partial void LogNone(ILogger logger, string path, string words);
}
