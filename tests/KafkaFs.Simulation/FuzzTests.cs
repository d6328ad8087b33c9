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
    private const int RecordsPerTree = 1_000;
    private const int RecordsPerAttack = 200;

    [Fact]
    public void G7_HostileRecordsNeverBreakEvaluation()
    {
        int seeds = Seeds.Count("fuzz", Records("KAFKAFS_TEST_FUZZ", 300_000) / RecordsPerSeed);
        Seeds.Run(seeds, (seed, trace) => new EvaluationFuzzRun(seed, trace).Play(RecordsPerSeed));
    }

    [Fact]
    public void G7_HostileRecordsNeverLeaveTheDataRootAndNeverStallIt()
    {
        using FuzzDisk disk = new();
        int seeds = Seeds.Count("fuzz of trees", Records("KAFKAFS_TEST_FUZZ_TREE", 4_000) / RecordsPerTree);
        Seeds.Run(seeds, (seed, trace) =>
        {
            using TreeFuzzRun run = new(seed, trace, disk.Folder(seed));
            run.Play(RecordsPerTree);
            run.AssertNothingOutsideIsTouched();
        });
    }

    [Fact]
    public void G7_NoLinkThatSomebodyPlantsInTheTreeLeadsTheReplicaOut()
    {
        using FuzzDisk disk = new();
        int stalls = 0, seeds = Seeds.Count("attacks on trees", Records("KAFKAFS_TEST_FUZZ_TREE", 4_000) / RecordsPerAttack);
        Seeds.Run(seeds, (seed, trace) =>
        {
            using TreeFuzzRun run = new(seed, trace, disk.Folder(seed));
            if (run.PlayAttacked(seed, RecordsPerAttack))
            {
                Interlocked.Increment(ref stalls);
            }

            run.AssertNothingOutsideIsTouched();
        });
        TestContext.Current.TestOutputHelper?.WriteLine($"{stalls} of {seeds} stalled");
    }

    private static int Records(string variable, int usual) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), out int records) ? records : usual;
}
