using KafkaFs.Simulation.Fuzz;
using Xunit;

namespace KafkaFs.Simulation;

/// <summary>
/// G7: no record, however malicious, does more than be void. Full runs: KAFKAFS_TEST_FUZZ=10000000 records through evaluation,
/// KAFKAFS_TEST_FUZZ_TREE=100000 through a real tree; seeds: <see cref="Seeds"/>.
/// </summary>
public sealed class FuzzTests
{
    private const int RecordsPerSeed = 10_000;

    [Fact]
    public void G7_HostileRecordsNeverBreakEvaluation()
    {
        int seeds = Seeds.Count("fuzz", Records("KAFKAFS_TEST_FUZZ", 300_000) / RecordsPerSeed);
        Seeds.Run(seeds, (seed, trace) => new EvaluationFuzzRun(seed, trace).Play(RecordsPerSeed));
    }

    private static int Records(string variable, int usual) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), out int records) ? records : usual;
}
