using System.Globalization;
using KafkaFs.Hosting.Status;
using KafkaFs.Replica;
using static System.FormattableString;

namespace KafkaFs.Cli.Status;

/// <summary>`kafkafs status` for people: some lines for each host, two for each command, one for what does not say anything.</summary>
internal static class StatusTable
{
    public static IEnumerable<string> Lines(IReadOnlyList<HostReport> before, IReadOnlyList<HostReport> now, TimeSpan between)
    {
        foreach (HostReport host in now)
        {
            HostReport? last = before.FirstOrDefault(report => report.Process == host.Process);
            double rate = last is null ? 0 : (host.AppliedOffset - last.AppliedOffset) / between.TotalSeconds;
            yield return $"{host.Host}  {(host.State == HostState.Ready && !host.IsReady ? "Behind" : host.State.ToString())}: {host.Words}";
            yield return Invariant($"    record {host.AppliedOffset} of {host.EndOffset}, {host.LagSeconds:F1} s behind, {rate:F0} records/s{Estimate(host, rate)}; checkpoint {host.CheckpointPosition?.ToString(CultureInfo.InvariantCulture) ?? "none"}");
            yield return Invariant($"    {(host.Mountpoint is null ? "" : $"mount {host.Mountpoint}, ")}data root {host.DataRoot}, {host.Journal}, process {host.Process}, {host.State} since {host.Since.ToLocalTime():yyyy-MM-dd HH:mm:ss}");
            if (host.Progress is ProgressReport progress)
            {
                yield return $"    {Line(progress)}";
            }

            if (host.LastError is not null)
            {
                yield return Invariant($"    last error, {host.LastErrorAt?.ToLocalTime():yyyy-MM-dd HH:mm:ss}: {host.LastError}");
            }
        }
    }

    public static IEnumerable<string> Lines(IReadOnlyList<CommandReport> commands)
    {
        foreach (CommandReport command in commands)
        {
            yield return $"kafkafs {command.Command}  {(command.Progress is ProgressReport progress ? Line(progress) : "begins")}";
            yield return Invariant($"    data root {command.DataRoot}, process {command.Process}, since {command.Since.ToLocalTime():yyyy-MM-dd HH:mm:ss}");
        }
    }

    public static IEnumerable<string> Lines(IReadOnlyList<SilentProcess> silent) => silent.Select(static process => Invariant($"process {process.Process}  {process.Problem}"));

    private static string Line(ProgressReport progress) => progress switch
    {
        { SecondsLeft: double left } => Invariant($"{progress.What}: {progress.Done} of {progress.Total} {progress.Unit}, about {Duration(TimeSpan.FromSeconds(left))} left"),
        { Total: > 0 } => Invariant($"{progress.What}: {progress.Done} of {progress.Total} {progress.Unit}"),
        { Done: > 0 } => Invariant($"{progress.What}: {progress.Done} {progress.Unit} so far"),
        _ => progress.What,
    };

    private static string Estimate(HostReport host, double rate)
    {
        long left = host.EndOffset - host.AppliedOffset;
        return host.State == HostState.CatchingUp && left > 0 && rate > 0 ? $", about {Duration(TimeSpan.FromSeconds(left / rate))} left" : "";
    }

    private static string Duration(TimeSpan time) => time.TotalHours >= 1 ? Invariant($"{time.TotalHours:F1} h") : time.TotalMinutes >= 1 ? Invariant($"{time.TotalMinutes:F0} min") : Invariant($"{time.TotalSeconds:F0} s");
}
