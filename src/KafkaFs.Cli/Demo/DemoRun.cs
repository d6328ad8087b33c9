using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using KafkaFs.Cli.Compare;
using KafkaFs.Fuse.Mount;
using KafkaFs.Hosting.Lifetime;
using KafkaFs.Journal.Contract;
using KafkaFs.Journal.Kafka;
using Spectre.Console;

namespace KafkaFs.Cli.Demo;

/// <summary>The demo as a recipe: folder, hosts, work, comparison, table, and everything away again.</summary>
internal sealed class DemoRun(DemoKafka? kafka, string? folder, bool once)
{
    private static readonly TimeSpan s_catchUpLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);

    private readonly string _home = Directory.CreateTempSubdirectory("kafkafs-demo-").FullName;
    private readonly List<HostProcess> _hosts = [];
    private Task _working = Task.CompletedTask;

    private string Mount => Path.Combine(_home, "mnt");

    private string MasterRoot => Path.Combine(_home, "m");

    private string SlaveRoot => Path.Combine(_home, "s");

    /// <summary>Returns 0 only if all trees are equal.</summary>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        try
        {
            return await LiveAsync(stop).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OperationCanceledException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            if (await IsStoppedAsync(stop).ConfigureAwait(false))
            {
                Say("interrupted");
                return ExitCode.Different;
            }

            await Console.Error.WriteLineAsync($"kafkafs: the demo failed: {exception.Message}").ConfigureAwait(false);
            return ExitCode.Internal;
        }
        finally
        {
            await CleanUpAsync().ConfigureAwait(false);
        }
    }

    private async Task<int> LiveAsync(CancellationToken stop)
    {
        Directory.CreateDirectory(Mount);
        Say($"Everything is in {_home}; the journal is {(kafka is null ? "embedded" : $"topic {kafka.Options.Topic} at {kafka.Options.BootstrapServers}")}.");
        HostProcess master = Start("master", [.. Places(MasterRoot), Mount]);
        await master.ReadyAsync(stop).ConfigureAwait(false);
        HostProcess slave = Start("slave", Places(SlaveRoot));
        await slave.ReadyAsync(stop).ConfigureAwait(false);
        Say($"Master {master.Id} has mounted {Mount}; slave {slave.Id} follows.");

        DemoWork work = new(Mount, stop);
        Stopwatch copying = Stopwatch.StartNew();
        await OnMountAsync(() => CopyIn(work), stop).ConfigureAwait(false);
        copying.Stop();
        await OnMountAsync(() => SayEach(work.WorkOn()), stop).ConfigureAwait(false);

        TimeSpan lag = await MeasureLagAsync(stop).ConfigureAwait(false);
        long records = await CatchUpAsync(master, slave, stop).ConfigureAwait(false);
        long differences = 0;
        await OnMountAsync(() => differences = Compare(Mount, SlaveRoot) + Compare(MasterRoot, SlaveRoot), stop).ConfigureAwait(false);
        Show(work, copying.Elapsed, records, lag, differences);
        if (!once)
        {
            await StayAsync(stop).ConfigureAwait(false);
        }

        return differences == 0 ? ExitCode.Success : ExitCode.Different;
    }

    private string[] Journal => kafka is null ? ["--journal", Path.Combine(_home, "journal.db")] : kafka.Arguments;

    private string[] Places(string root) => kafka is null ? [root] : [root, kafka.Options.Topic];

    private HostProcess Start(string command, string[] places)
    {
        HostProcess host = HostProcess.Start(Path.Combine(_home, command + ".log"), [command, .. Journal, .. places]);
        _hosts.Add(host);
        return host;
    }

    // On another thread: a call that hangs on the mount must not keep us from ending it.
    private Task OnMountAsync(Action work, CancellationToken stop)
    {
        _working = Task.Run(work, stop);
        return _working.WaitAsync(stop);
    }

    private void CopyIn(DemoWork work)
    {
        string source = folder is null ? RuntimeEnvironment.GetRuntimeDirectory() : Path.GetFullPath(folder);
        SourceTree tree = new(source, except: _home);
        Say($"Copying {source} into the mount.");
        if (!AnsiConsole.Profile.Out.IsTerminal)
        {
            work.CopyIn(tree, source, _ => { });
        }
        else
        {
            AnsiConsole.Progress().Start(context =>
            {
                ProgressTask task = context.AddTask("copying", maxValue: 1);
                work.CopyIn(tree, source, share => task.Value = share);
                task.Value = 1;
            });
        }

        if (work.Skipped > 0)
        {
            Say($"  {work.Skipped} left out: no file, directory or symlink, or not readable");
        }
    }

    // From the answer to the last call until the slave's tree shows it.
    private async Task<TimeSpan> MeasureLagAsync(CancellationToken stop)
    {
        const string last = "last";
        await OnMountAsync(() => Directory.CreateDirectory(Path.Combine(Mount, last)), stop).ConfigureAwait(false);
        Stopwatch waiting = Stopwatch.StartNew();
        while (!Directory.Exists(Path.Combine(SlaveRoot, last)))
        {
            Limit(waiting, "the slave did not follow");
            await Task.Delay(1, stop).ConfigureAwait(false);
        }

        return waiting.Elapsed;
    }

    private static async Task<long> CatchUpAsync(HostProcess master, HostProcess slave, CancellationToken stop)
    {
        Stopwatch waiting = Stopwatch.StartNew();
        long target = -1;
        // Health looks every 250 ms: the master's position is final when it stays the same.
        for (long seen = await AskAsync().ConfigureAwait(false); seen < 0 || seen != target; seen = await AskAsync().ConfigureAwait(false))
        {
            target = seen;
            Limit(waiting, "the master does not say where it stands");
            await Task.Delay(300, stop).ConfigureAwait(false);
        }

        while (((await slave.AskAsync(stop).ConfigureAwait(false))?.AppliedOffset ?? -1) < target)
        {
            Limit(waiting, $"the slave did not reach record {target}");
            await Task.Delay(20, stop).ConfigureAwait(false);
        }

        return target;

        async Task<long> AskAsync() => (await master.AskAsync(stop).ConfigureAwait(false))?.AppliedOffset ?? -1;
    }

    private static void Limit(Stopwatch waiting, string words)
    {
        if (waiting.Elapsed > s_catchUpLimit)
        {
            throw new InvalidOperationException($"{words} within {s_catchUpLimit.TotalMinutes} minutes");
        }
    }

    private static long Compare(string first, string second)
    {
        using TreeComparison comparison = new(first, second, line => Say($"  {line}"));
        comparison.Run();
        Say($"{first} and {second}: {comparison.Summary}");
        return comparison.Differences + comparison.Unreadable;
    }

    private static void Show(DemoWork work, TimeSpan copying, long records, TimeSpan lag, long differences)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        Table table = new Table().AddColumns("files", "bytes", "records", "MB/s", "slave's lag", "trees");
        table.AddRow(
            work.Files.ToString(culture),
            work.Bytes.ToString("N0", culture),
            records.ToString(culture),
            (work.Bytes / 1e6 / copying.TotalSeconds).ToString("F1", culture),
            (lag.TotalMilliseconds).ToString("F0", culture) + " ms",
            differences == 0 ? "equal" : $"{differences} differences");
        AnsiConsole.Write(table);
    }

    private async Task StayAsync(CancellationToken stop)
    {
        Say($"""
            Try in another terminal:
              ls {Mount}                          the mount
              diff -r {Mount} {SlaveRoot} --exclude=.kafkafs
              echo hello > {Mount}/hello; cat {SlaveRoot}/hello
              {HostProcess.CommandLine} log {string.Join(' ', Journal)}{(kafka is null ? "" : $" {kafka.Options.Topic}")} --follow
            Ctrl-C ends the demo and removes everything.
            """);
        await Task.Delay(Timeout.Infinite, stop).ContinueWith(static _ => { }, TaskScheduler.Default).ConfigureAwait(false);
        Say("Ending.");
    }

    // Ctrl-C reaches the hosts and git too: what fails because of it may be seen here before the signal.
    private static async Task<bool> IsStoppedAsync(CancellationToken stop)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(200), stop).ContinueWith(static _ => { }, TaskScheduler.Default).ConfigureAwait(false);
        return stop.IsCancellationRequested;
    }

    // Hosts by id, then what they left.
    private async Task CleanUpAsync()
    {
        foreach (HostProcess host in _hosts)
        {
            if (!await host.EndAsync(s_patience).ConfigureAwait(false))
            {
                Say($"Waiting for {host.Id}: a shell or a program still uses {Mount}.");
            }

            await host.DisposeAsync().ConfigureAwait(false);
        }

        if (MountTable.Find(Mount) is MountEntry left)
        {
            MountTable.Clean(left);
        }

        await Task.WhenAny(_working, Task.Delay(s_patience)).ConfigureAwait(false);
        DeleteHome();
        await DeleteTopicAsync().ConfigureAwait(false);
    }

    private void DeleteHome()
    {
        try
        {
            Directory.Delete(_home, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"kafkafs: {_home} stays: {exception.Message}");
        }
    }

    private async Task DeleteTopicAsync()
    {
        if (kafka is null || _hosts.Count == 0)
        {
            return;
        }

        try
        {
            await KafkaTopics.DeleteAsync(kafka.Options).ConfigureAwait(false);
        }
        catch (JournalException exception)
        {
            await Console.Error.WriteLineAsync($"kafkafs: topic {kafka.Options.Topic} stays: {exception.Message}").ConfigureAwait(false);
        }
    }

    private static void SayEach(IEnumerable<string> lines)
    {
        foreach (string line in lines)
        {
            Say($"  {line}");
        }
    }

    private static void Say(string line) => Console.Out.WriteLine(line);
}
