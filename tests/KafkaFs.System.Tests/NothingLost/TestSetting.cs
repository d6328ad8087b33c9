using System.Globalization;
using Xunit;

namespace KafkaFs.System.Tests.NothingLost;

/// <summary>
/// What makes these tests longer, and repeats one: KAFKAFS_TEST_ROUNDS (kill rounds, rounds without a broker, 15), KAFKAFS_TEST_CUTS (power cuts a
/// filesystem, 2 of a slave's and 1 of a master's), KAFKAFS_TEST_SECONDS (of faults, 60; of two masters' work, 10), KAFKAFS_TEST_CALLS and KAFKAFS_TEST_SEEDS (of random
/// calls, 20000 of 1 seed), KAFKAFS_TEST_SEED (by the clock). `tests/soak/nothing-lost`, `exactly-once`, `no-hang`, `differential` and `two-masters` run them long.
/// </summary>
internal static class TestSetting
{
    public static int Rounds => Of("KAFKAFS_TEST_ROUNDS", 15);

    public static int Seed => Of("KAFKAFS_TEST_SEED", Environment.TickCount & 0xffffff);

    public static TimeSpan Faults => TimeSpan.FromSeconds(Of("KAFKAFS_TEST_SECONDS", 60));

    public static TimeSpan Work => TimeSpan.FromSeconds(Of("KAFKAFS_TEST_SECONDS", 10));

    /// <summary>Of all seeds.</summary>
    public static int Calls => Of("KAFKAFS_TEST_CALLS", 20_000);

    public static int Seeds => Of("KAFKAFS_TEST_SEEDS", 1);

    public static int Cuts(int otherwise) => Of("KAFKAFS_TEST_CUTS", otherwise);

    /// <summary>Prints a line where the tests run with `-diagnostics`.</summary>
    public static void Say(string line) => TestContext.Current.SendDiagnosticMessage(line);

    private static int Of(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out int value) ? value : otherwise;
}
