using System.Diagnostics;
using KafkaFs.Differential.Calls;

namespace KafkaFs.Differential.Runs;

/// <summary>
/// Finds few calls that still differ in the same way: replays the calls without parts of them, ever smaller ones (delta debugging), for a limited time.
/// </summary>
internal sealed class Reducer(Replay replay)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    /// <summary>The calls up to the first difference, reduced; null if a replay of all of them shows none.</summary>
    public List<Call>? Reduce(Difference difference)
    {
        CallKind? kind = difference.InTree ? null : difference.Calls[^1].Kind;
        string shape = ShapeOf(difference.What);
        List<Call>? calls = Failing([.. difference.Calls], kind, shape);
        if (calls is null)
        {
            return null;
        }

        Stopwatch watch = Stopwatch.StartNew();
        for (int part = Math.Max(calls.Count / 2, 1); watch.Elapsed < s_limit;)
        {
            int before = calls.Count;
            for (int end = calls.Count; end > 0 && watch.Elapsed < s_limit; end -= part)
            {
                int begin = Math.Max(end - part, 0);
                if (end <= calls.Count && Failing([.. calls[..begin], .. calls[end..]], kind, shape) is { } fewer)
                {
                    calls = fewer;
                    end = Math.Min(end, calls.Count + part);
                }
            }

            if (part == 1 && calls.Count == before)
            {
                break;
            }

            part = Math.Max(part / 2, 1);
        }

        return calls;
    }

    // The words without numbers: another difference of the same call is not the one that is looked for.
    private static string ShapeOf(string what) => string.Concat(what.TakeWhile(static character => character != '[').Where(static character => !char.IsAsciiHexDigit(character)));

    // The calls up to and with the first that differs, if it is of the kind that is looked for.
    private List<Call>? Failing(List<Call> calls, CallKind? kind, string shape)
    {
        if (calls.Count == 0 || replay.Run(calls) is not { } found)
        {
            return null;
        }

        bool inTree = found.Number == calls.Count;
        bool same = kind is null ? inTree : !inTree && calls[found.Number].Kind == kind && ShapeOf(found.What) == shape;
        return !same ? null : inTree ? calls : calls[..(found.Number + 1)];
    }
}
