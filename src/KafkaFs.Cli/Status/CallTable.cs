using KafkaFs.Hosting.Status;
using static System.FormattableString;

namespace KafkaFs.Cli.Status;

/// <summary>`kafkafs top`: the calls of a mount between two moments, by operation and by process.</summary>
internal static class CallTable
{
    private const int Rows = 15;
    private const int OperationWidth = 18, ProcessWidth = 28;

    public static IEnumerable<string> Lines(HostReport before, HostReport now, TimeSpan between)
    {
        CallCount[] operations = Differences(before.Calls, now.Calls);
        double all = operations.Sum(static operation => operation.Calls);
        yield return Invariant($"{now.Host} on {now.Mountpoint}: {all / between.TotalSeconds:F0} calls/s, {now.State}");
        yield return Head("OPERATION", OperationWidth);
        foreach (CallCount row in operations.OrderByDescending(static row => row.Calls).Take(Rows))
        {
            yield return Line(row, OperationWidth, between);
        }

        yield return "";
        yield return Head("PROCESS", ProcessWidth);
        foreach (CallCount row in ByProcess(Differences(before.Callers, now.Callers)).OrderByDescending(static row => row.Calls).Take(Rows))
        {
            yield return Line(row, ProcessWidth, between);
        }
    }

    private static string Head(string name, int width) => $"{name.PadRight(width)}{"CALLS/S",10}{"FAILED/S",10}{"MEAN",12}{"BUSY",8}";

    private static string Line(CallCount row, int width, TimeSpan between) => Invariant(
        $"{row.Name.PadRight(width)}{row.Calls / between.TotalSeconds,10:F0}{row.Failed / between.TotalSeconds,10:F0}{Latency(row),12}{row.Seconds / between.TotalSeconds,8:F2}");

    private static CallCount[] Differences(IReadOnlyList<CallCount> before, IReadOnlyList<CallCount> now)
    {
        Dictionary<string, CallCount> old = before.ToDictionary(static row => row.Name);
        return [.. now
            .Select(row => old.TryGetValue(row.Name, out CallCount? last)
                ? new CallCount(row.Name, row.Calls - last.Calls, row.Failed - last.Failed, row.Seconds - last.Seconds)
                : row)
            .Where(static row => row.Calls > 0)];
    }

    // The kernel names threads; what has ended meanwhile has no name any more.
    private static IEnumerable<CallCount> ByProcess(CallCount[] threads) => threads
        .GroupBy(static row => Process(row.Name))
        .Select(static group => new CallCount(group.Key, group.Sum(static row => row.Calls), group.Sum(static row => row.Failed), group.Sum(static row => row.Seconds)));

    private static string Process(string thread)
    {
        if (thread == "0")
        {
            return "the kernel, or a container";
        }

        try
        {
            string id = File.ReadLines($"/proc/{thread}/status").First(static line => line.StartsWith("Tgid:", StringComparison.Ordinal))[5..].Trim();
            return $"{id} {File.ReadAllText($"/proc/{id}/comm").Trim()}";
        }
        catch (IOException)
        {
            return "ended";
        }
    }

    private static string Latency(CallCount row)
    {
        double microseconds = row.Seconds / row.Calls * 1e6;
        return microseconds >= 1_000 ? Invariant($"{microseconds / 1_000:F1} ms") : Invariant($"{microseconds:F0} us");
    }
}
