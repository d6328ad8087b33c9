using KafkaFs.Differential.Calls;
using KafkaFs.Differential.Comparison;
using KafkaFs.Differential.Generation;
using KafkaFs.Differential.Model;

namespace KafkaFs.Differential.Runs;

/// <summary>Makes given calls in a fresh subtree.</summary>
internal sealed class Replay(Options options, SideProfile profile)
{
    /// <summary>The first difference and the number of the call, or the one in the trees afterwards, with the number of calls; null if there is none.</summary>
    public (string What, int Number)? Run(IReadOnlyList<Call> calls)
    {
        NameModel model = new();
        PairOfSides pair = Subtree.Make(options, "replay", profile, model);
        try
        {
            for (int number = 0; number < calls.Count; number++)
            {
                if (pair.Run(calls[number]) is { } what)
                {
                    return (what, number);
                }
            }

            return Worker.CompareTrees(pair) is { } inTree ? (inTree, calls.Count) : null;
        }
        finally
        {
            Subtree.Remove(pair);
        }
    }
}
