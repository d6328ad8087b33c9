using Xunit;

namespace KafkaFs.Simulation.Append;

/// <summary>Sessions of a master over a log that refuses, loses, repeats and delays, with producers that fail and kills; seeds: <see cref="Seeds"/>.</summary>
public sealed class AppendTests
{
    private const int Steps = 600;

    [Fact]
    public void G3_NoAnsweredChangeIsMissingNoneIsThereTwiceAndEachSessionsOrderIsKept() =>
        Seeds.Run(Seeds.Count("appends", 300), static (seed, trace) =>
        {
            using AppendRun run = new(seed, trace);
            run.Play(Steps);
        });
}
