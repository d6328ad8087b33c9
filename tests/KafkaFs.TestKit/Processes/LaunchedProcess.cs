using System.Diagnostics;
using System.Globalization;
using KafkaFs.Posix.Processes;

namespace KafkaFs.TestKit.Processes;

/// <summary>
/// A program that runs beside the test, started by a shell that has no files of any mount (<see cref="ToolShell"/>): where a start would wait for a
/// mount's journal, a test that holds this journal up would wait for itself. Thread-safe.
/// </summary>
public sealed class LaunchedProcess
{
    private static readonly ToolShell s_launcher = new("/dev/null");
    private static readonly TimeSpan s_launchLimit = TimeSpan.FromSeconds(30);

    private readonly ulong _started;
    private int? _exitCode;

    private LaunchedProcess(int id) => (Id, _started) = (id, ProcessStat.Read(id)?.Started ?? 0);

    public int Id { get; }

    /// <summary>All of it is gone, with every thread: the shell has reaped it.</summary>
    public bool HasExited => ProcessStat.Read(Id)?.Started != _started;

    /// <summary>Of one that has exited; 128 and the signal's number if that ended it.</summary>
    public int ExitCode => _exitCode ??= int.Parse(Ask($"wait {Id}; echo $?"), CultureInfo.InvariantCulture);

    /// <summary>Starts a program whose outputs are appended to a file.</summary>
    public static LaunchedProcess Start(string log, IReadOnlyDictionary<string, string> environment, IEnumerable<string> command)
    {
        // What a shell runs in the background ignores SIGINT.
        IEnumerable<string> words = [.. environment.Select(static pair => $"{pair.Key}={pair.Value}"), .. command];
        string line = string.Join(' ', words.Select(ToolShell.Quoted));
        return new LaunchedProcess(int.Parse(Ask($"env --default-signal=INT,QUIT {line} >>{ToolShell.Quoted(log)} 2>&1 & echo $!"), CultureInfo.InvariantCulture));
    }

    /// <summary>Sends a signal, by its name without SIG; nothing if it has exited.</summary>
    public void Signal(string name) => Ask($"kill -{name} {Id} || true");

    /// <summary>False if it takes longer.</summary>
    public bool WaitForExit(TimeSpan limit)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!HasExited)
        {
            if (watch.Elapsed > limit)
            {
                return false;
            }

            Thread.Sleep(10);
        }

        return true;
    }

    private static string Ask(string line) => s_launcher.RunLine(line, s_launchLimit).Trim();
}
