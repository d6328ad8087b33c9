using KafkaFs.Differential.Calls;

namespace KafkaFs.Differential.Runs;

/// <summary>Tells a difference, with as few calls as still show it, and leaves them in a file.</summary>
internal sealed class DifferenceReport(Replay replay)
{
    private const int RelatedMax = 40;

    public void Tell(Difference difference)
    {
        string where = $"seed {difference.Seed}, thread {difference.Worker}, call {difference.Calls.Count}";
        Call last = difference.Calls[^1];
        string what = difference.InTree ? $"the trees differ after all calls:\n  {difference.What}" : $"{CallText.Format(last)}\n  {difference.What}";
        Console.WriteLine($"DIFFERENCE {where}: {what}");
        List<Call>? reduced = new Reducer(replay).Reduce(difference);
        string file = Path.Combine(Path.GetTempPath(), $"kafkafs-differential-{difference.Seed}-{difference.Worker}.calls");
        CallFile.Write(file, $"{where}: {what}", reduced ?? difference.Calls);
        Console.WriteLine(reduced is null
            ? $"  a replay of the calls does not show it: all of them are in {file}; those on the same names and files:"
            : $"  {reduced.Count} calls still show it ({file}):");
        foreach (Call call in reduced?.TakeLast(RelatedMax).ToList() ?? Related(difference.Calls))
        {
            Console.WriteLine("    " + CallText.Format(call));
        }
    }

    // Backwards: what shares a slot or a path with the last call, or with those found before.
    private static List<Call> Related(IReadOnlyList<Call> calls)
    {
        HashSet<string> paths = [];
        HashSet<int> slots = [];
        List<Call> related = [];
        for (int at = calls.Count - 1; at >= 0 && related.Count < RelatedMax; at--)
        {
            Call call = calls[at];
            string[] named = [.. new[] { call.Path, call.Path2 }.Where(static path => path.Length > 0)];
            if (at == calls.Count - 1 || named.Any(paths.Contains) || slots.Contains(call.Slot) || slots.Contains(call.Slot2))
            {
                paths.UnionWith(named);
                slots.UnionWith(new[] { call.Slot, call.Slot2 }.Where(static slot => slot >= 0));
                related.Add(call);
            }
        }

        related.Reverse();
        return related;
    }
}
