using System.CommandLine;
using System.Diagnostics;
using System.Text;
using KafkaFs.Cli.Status;
using KafkaFs.Hosting.Lifetime;
using KafkaFs.Hosting.Status;

namespace KafkaFs.Cli.Commands;

/// <summary>`kafkafs status` and `kafkafs top`: what the hosts of this machine are doing.</summary>
internal static class StatusCommand
{
    // Long enough for a rate.
    private static readonly TimeSpan s_sample = TimeSpan.FromMilliseconds(500);

    public static Command Status()
    {
        Option<bool> json = new("--json") { Description = "a JSON array, one object for each; that of a command has \"command\", of one that does not answer \"problem\"" };
        Option<bool> watch = new("--watch") { Description = "again every 2 s, until it is interrupted" };
        Command command = new("status", """
            Show every master and slave that runs on this machine: state, position, lag, rate, and the last error; and how far an import, a rejoin, a
            verify or a repair is. Root sees root's, other users their own.
            Exit code 0: all hosts are ready, 1: one is not, or does not answer, 69: none runs.

            Example:
              kafkafs status --watch
            """)
        { json, watch };
        command.SetAction(parsed => CommandRun.ToEndAsync(stop => ShowAsync(parsed.GetValue(json), parsed.GetValue(watch), stop)));
        return command;
    }

    public static Command Top()
    {
        Argument<string?> mountpoint = new Argument<string?>("MOUNTPOINT") { Description = "of one mount (default: all of this machine)", Arity = ArgumentArity.ZeroOrOne }.RefusingOptions();
        Option<int> interval = new("--interval") { Description = "seconds between two looks", DefaultValueFactory = _ => 2, HelpName = "SECONDS" };
        Option<int?> count = new("--count") { Description = "end after so many looks (default: when it is interrupted)", HelpName = "N" };
        interval.Validators.Add(result => Require(result.GetValue(interval) >= 1, "--interval: 1 second or more is wanted", result));
        count.Validators.Add(result => Require(result.GetValue(count) is not < 1, "--count: a number from 1 is wanted", result));
        Command command = new("top", """
            Show the calls of mounts now: how many, how slow, by operation and by process. BUSY is calls under way on average.
            Exit code 69: no mount is there, or not that one.

            Examples:
              kafkafs top
              kafkafs top /mnt/projects --interval 5 --count 1
            """)
        { mountpoint, interval, count };
        command.SetAction(parsed => CommandRun.ToEndAsync(stop => TopAsync(parsed.GetValue(mountpoint), TimeSpan.FromSeconds(parsed.GetValue(interval)), parsed.GetValue(count), stop)));
        return command;
    }

    private static void Require(bool holds, string words, System.CommandLine.Parsing.OptionResult result)
    {
        if (!holds)
        {
            result.AddError(words);
        }
    }

    private static async Task<int> ShowAsync(bool asJson, bool watches, CancellationToken stop)
    {
        Reports before = await Reports.ReadAsync(withCallers: false, stop);
        long at = Stopwatch.GetTimestamp();
        while (true)
        {
            await Task.Delay(watches ? TimeSpan.FromSeconds(2) : s_sample, stop);
            Reports now = await Reports.ReadAsync(withCallers: false, stop);
            string[] lines = asJson
                ? [$"[{string.Join(",\n", Json(now).Select(Encoding.UTF8.GetString))}]"]
                : [.. StatusTable.Lines(before.Hosts, now.Hosts, Stopwatch.GetElapsedTime(at)), .. StatusTable.Lines(now.Commands), .. StatusTable.Lines(now.Silent)];
            Print(lines.Length > 0 ? lines : ["no master and no slave of this user runs on this machine"], watches);
            if (!watches)
            {
                return Judge(now);
            }

            (before, at) = (now, Stopwatch.GetTimestamp());
        }
    }

    private static IEnumerable<byte[]> Json(Reports reports) =>
        [.. reports.Hosts.Select(static host => host.ToJson()), .. reports.Commands.Select(static command => command.ToJson()), .. reports.Silent.Select(static process => process.ToJson())];

    // What says nothing may be a host.
    internal static int Judge(Reports reports) => reports switch
    {
        { Silent.Count: > 0 } => ExitCode.Different,
        { Hosts.Count: 0 } => ExitCode.JournalUnavailable,
        _ => reports.Hosts.All(static host => host.IsReady) ? ExitCode.Success : ExitCode.Different,
    };

    private static async Task<int> TopAsync(string? mountpoint, TimeSpan interval, int? count, CancellationToken stop)
    {
        Reports first = await Reports.ReadAsync(withCallers: true, stop);
        foreach (string line in StatusTable.Lines(first.Silent))
        {
            Console.Error.WriteLine($"kafkafs: {line}");
        }

        IReadOnlyList<HostReport> before = Masters(first);
        for (int look = 1; before.Count > 0; look++)
        {
            long at = Stopwatch.GetTimestamp();
            await Task.Delay(interval, stop);
            IReadOnlyList<HostReport> now = Masters(await Reports.ReadAsync(withCallers: true, stop));
            TimeSpan between = Stopwatch.GetElapsedTime(at);
            Print(
                [.. now.SelectMany(host => before.FirstOrDefault(last => last.Process == host.Process) is HostReport last ? CallTable.Lines(last, host, between).Append("") : [])],
                clears: count is null);
            if (look == count)
            {
                return ExitCode.Success;
            }

            before = now;
        }

        Console.Error.WriteLine(mountpoint is null ? "kafkafs: no mount of this user is on this machine" : $"kafkafs: nothing that runs is mounted on '{mountpoint}'; `kafkafs status` shows what is");
        return ExitCode.JournalUnavailable;

        HostReport[] Masters(Reports reports) =>
            [.. reports.Hosts.Where(host => host.Mountpoint is not null && (mountpoint is null || Path.GetFullPath(mountpoint) == Path.GetFullPath(host.Mountpoint)))];
    }

    // On a terminal each look replaces the one before.
    private static void Print(IReadOnlyList<string> lines, bool clears)
    {
        const string home = "\e[H\e[2J";
        Console.Out.WriteLine((clears && !Console.IsOutputRedirected ? home : "") + string.Join('\n', lines));
    }
}
