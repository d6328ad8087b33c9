using System.Globalization;
using Xunit;

namespace KafkaFs.System.Tests.NothingLost;

/// <summary>
/// What makes these tests longer, and repeats one: KAFKAFS_TEST_ROUNDS (kill rounds, 15), KAFKAFS_TEST_CUTS (power cuts a
/// filesystem, 2 of a slave's and 1 of a master's), KAFKAFS_TEST_SECONDS (of faults, 60), KAFKAFS_TEST_SEED (by the clock).
/// `tests/soak/nothing-lost` and `tests/soak/exactly-once` run them long.
/// </summary>
internal static class TestSetting
{
    public static int Rounds => Of("KAFKAFS_TEST_ROUNDS", 15);

    public static int Seed => Of("KAFKAFS_TEST_SEED", Environment.TickCount & 0xffffff);

    public static TimeSpan Faults => TimeSpan.FromSeconds(Of("KAFKAFS_TEST_SECONDS", 60));

    public static int Cuts(int otherwise) => Of("KAFKAFS_TEST_CUTS", otherwise);

    /// <summary>Prints a line where the tests run with `-diagnostics`.</summary>
    public static void Say(string line) => TestContext.Current.SendDiagnosticMessage(line);

    private static int Of(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out int value) ? value : otherwise;
}
