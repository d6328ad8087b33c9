using Xunit;

namespace KafkaFs.Simulation.Crash;

/// <summary>
/// The product's recovery on a simulated machine that crashes. One seed again, with every step of it:
/// `KAFKAFS_TEST_SEED=N artifacts/bin/KafkaFs.Simulation/release/KafkaFs.Simulation -method KafkaFs.Simulation.Crash.CrashTests.G3_*`;
/// many: `KAFKAFS_TEST_SEEDS=200000`.
/// </summary>
public sealed class CrashTests
{
    private const int TraceLines = 1_000;

    [Fact]
    public void G3_AfterAnyCrashesTheReplicaIsWhatTheLogSays() =>
        Seeds.Run(Seeds.Count("crash", 4_000), (seed, trace) => Traced(trace, listener => Run(seed, listener)), TraceLines);

    private static void Run(int seed, Action<string>? listener)
    {
        using CrashRun run = new(seed, listener);
        run.Run();
    }

    // Runs are fast without words; what fails runs once more with them, and fails alike.
    private static void Traced(Trace trace, Action<Action<string>?> run)
    {
        try
        {
            run(Seeds.IsOne ? trace.Add : null);
        }
        catch (Exception) when (!Seeds.IsOne)
        {
            run(trace.Add);
            throw;
        }
    }
}
