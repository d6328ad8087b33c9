using System.Globalization;
using KafkaFs.Journal.Codec;
using KafkaFs.Replica.Namespace;
using KafkaFs.TestKit;
using Xunit;

namespace KafkaFs.Simulation.Golden;

/// <summary>
/// A log of format level 1 with the outcome of each record, the state hash and the state that it leads to, as the first version of
/// the level found them. It is evaluated alike for ever: a change of this file is a change of evaluation or of the state hash, and those
/// need a new level. A record is a line: append time (milliseconds since 1970), bytes, outcome; after an empty line the state follows.
/// </summary>
public sealed class GoldenLogTests
{
    private static string GoldenPath => Path.Combine(Environments.Repository, "tests/KafkaFs.TestKit/Golden/log-level1.txt");

    [Fact]
    public void G1_TheGoldenLogLeadsToItsStateAndHash()
    {
        string[] golden = File.ReadAllLines(GoldenPath);
        int end = Array.IndexOf(golden, "");
        NamespaceState state = new();
        Effects effects = new();
        HashSet<string> found = [];
        foreach (string line in golden[..end])
        {
            string[] parts = line.Split(' ', 3);
            bool wellFormed = ChangeCodec.TryDecode(Convert.FromHexString(parts[1]), out Change change, out _);
            effects.Clear();
            long offset = state.NextOffset;
            Outcome outcome = new Evaluation(state).Evaluate(change, wellFormed, offset, long.Parse(parts[0], CultureInfo.InvariantCulture), effects);
            Assert.Equal($"{offset}: {parts[2]}", $"{offset}: {outcome}");
            state.Publish(change, outcome, effects, offset);
            found.Add(outcome.IsAccepted ? $"{change.Kind} {(outcome == Outcome.Success ? "succeeds" : "fails")}" : outcome.ToString());
        }

        Assert.Equal(golden[(end + 1)..], State(state));
        AssertCoverage(found);
    }

    private static string[] State(NamespaceState state) =>
        [$"state hash {state.StateHash.ToString("x32", CultureInfo.InvariantCulture)}", .. StateRows.Lines(state).Order(StringComparer.Ordinal)];

    // An accepted FormatRaised would end the log for software of this level.
    private static void AssertCoverage(HashSet<string> found)
    {
        IEnumerable<string> kinds = Enum.GetValues<ChangeKind>().Where(kind => kind is not (0 or ChangeKind.FormatRaised)).Select(kind => $"{kind} succeeds");
        IEnumerable<string> voids = Enum.GetValues<VoidReason>().Where(reason => reason != VoidReason.None).Select(reason => $"void ({reason})");
        Assert.Empty(kinds.Concat(voids).Except(found));
    }
}
