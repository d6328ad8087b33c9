using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using KafkaFs.Cli.Compare;
using KafkaFs.Fuse.Mount;
using KafkaFs.Hosting.Lifetime;
using Spectre.Console;

namespace KafkaFs.Cli.Demo;

/// <summary>The demo as a recipe: folder, hosts, work, comparison, table, and everything away again.</summary>
internal sealed class DemoRun(string? broker, string? folder, bool once)
{
    private static readonly TimeSpan s_catchUpLimit = TimeSpan.FromMinutes(2);

    private readonly string _home = Directory.CreateTempSubdirectory("kafkafs-demo-").FullName;
    private readonly string _topic = $"kafkafs-demo-{Guid.NewGuid():N}";

    private string Mount => Path.Combine(_home, "mnt");

    /// <summary>Returns 0 only if all trees are equal.</summary>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        try
        {
            return await LiveAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            AnsiConsole.MarkupLine("interrupted");
            return ExitCode.Different;
        }
        catch (Exception exception) when (exception is InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"kafkafs: the demo failed: {exception.Message}").ConfigureAwait(false);
            return ExitCode.Internal;
        }
        finally
        {
            CleanUp();
        }
    }

    private async Task<int> LiveAsync(CancellationToken stop)
    {
        Directory.CreateDirectory(Mount);
        AnsiConsole.WriteLine($"Everything is in {_home}; the journal is {(broker is null ? "embedded" : $"topic {_topic} at {broker}")}.");
        await using HostProcess master = HostProcess.Start(Path.Combine(_home, "master.log"), ["master", .. Journal, .. Places("m"), Mount]);
        await master.ReadyAsync(stop).ConfigureAwait(false);
        await using HostProcess slave = HostProcess.Start(Path.Combine(_home, "slave.log"), ["slave", .. Journal, .. Places("s")]);
        await slave.ReadyAsync(stop).ConfigureAwait(false);
        AnsiConsole.WriteLine($"Master {master.Id} has mounted {Mount}; slave {slave.Id} follows.");

        DemoWork work = new(Mount);
        Stopwatch copying = Stopwatch.StartNew();
        CopyIn(work, stop);
        copying.Stop();
        foreach (string done in work.WorkOn(stop))
        {
            AnsiConsole.WriteLine($"  {done}");
        }

        (long records, TimeSpan lag) = await CatchUpAsync(master, slave, stop).ConfigureAwait(false);
        long differences = Compare(Mount, Path.Combine(_home, "s")) + Compare(Path.Combine(_home, "m"), Path.Combine(_home, "s"));
        Show(work, copying.Elapsed, records, lag, differences);
        if (!once)
        {
            await StayAsync(stop).ConfigureAwait(false);
        }

        return differences == 0 ? ExitCode.Success : ExitCode.Different;
    }

    private string[] Journal => broker is null ? ["--journal", Path.Combine(_home, "journal.db")] : ["--broker", broker];

    private string[] Places(string root) => broker is null ? [Path.Combine(_home, root)] : [Path.Combine(_home, root), _topic];

    private void CopyIn(DemoWork work, CancellationToken stop)
    {
        string source = folder is null ? RuntimeEnvironment.GetRuntimeDirectory() : Path.GetFullPath(folder);
        AnsiConsole.WriteLine($"Copying {source} into the mount.");
        if (!AnsiConsole.Profile.Out.IsTerminal)
        {
            work.CopyIn(source, _ => { }, stop);
            return;
        }

        AnsiConsole.Progress().Start(context =>
        {
            ProgressTask task = context.AddTask("copying", maxValue: 1);
            work.CopyIn(source, share => task.Value = share, stop);
            task.Value = 1;
        });
    }

    private static async Task<(long Records, TimeSpan Lag)> CatchUpAsync(HostProcess master, HostProcess slave, CancellationToken stop)
    {
        Stopwatch waiting = Stopwatch.StartNew();
        long target = (await master.AskAsync(stop).ConfigureAwait(false))?.AppliedOffset ?? 0;
        // Health looks every 250 ms: the master's position is final when it stays the same.
        for (long last = -1; last != target; await Task.Delay(300, stop).ConfigureAwait(false))
        {
            last = target;
            target = (await master.AskAsync(stop).ConfigureAwait(false))?.AppliedOffset ?? target;
        }

        TimeSpan settled = waiting.Elapsed;
        while (((await slave.AskAsync(stop).ConfigureAwait(false))?.AppliedOffset ?? 0) < target)
        {
            if (waiting.Elapsed > s_catchUpLimit)
            {
                throw new InvalidOperationException($"the slave did not reach record {target}");
            }

            await Task.Delay(20, stop).ConfigureAwait(false);
        }

        return (target, waiting.Elapsed - settled);
    }

    private static long Compare(string first, string second)
    {
        TreeComparison comparison = new(line => AnsiConsole.WriteLine($"  {line}"));
        comparison.Run(first, second);
        return comparison.Differences;
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
            lag.TotalSeconds.ToString("F2", culture) + " s",
            differences == 0 ? "equal" : $"{differences} differences");
        AnsiConsole.Write(table);
    }

    private async Task StayAsync(CancellationToken stop)
    {
        AnsiConsole.WriteLine($"""
            Try in another terminal:
              ls {Mount}                          the mount
              diff -r {Mount} {_home}/s --exclude=.kafkafs
              echo hello > {Mount}/hello; cat {_home}/s/hello
              {Environment.ProcessPath} log {string.Join(' ', Journal)} {(broker is null ? "" : _topic)} --follow
            Ctrl-C ends the demo and removes everything.
            """);
        await Task.Delay(Timeout.Infinite, stop).ContinueWith(static _ => { }, TaskScheduler.Default).ConfigureAwait(false);
    }

    private void CleanUp()
    {
        if (MountTable.Find(Mount) is MountEntry mounted)
        {
            MountTable.Clean(mounted);
        }

        Directory.Delete(_home, recursive: true);
    }
}
