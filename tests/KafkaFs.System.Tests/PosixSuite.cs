using System.Globalization;
using System.Text.RegularExpressions;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests;

/// <summary>Runs the program KafkaFs.Posix.Suite, which shares no code with what it tests.</summary>
internal static partial class PosixSuite
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(10);

    /// <summary>All its assertions hold in <paramref name="directory"/>; what it skips is what the filesystem is known to lack.</summary>
    public static void Holds(string directory, string profile)
    {
        const int atLeast = 9_000;
        string program = Path.Combine(Environments.Repository, "artifacts/bin/KafkaFs.Posix.Suite/release/KafkaFs.Posix.Suite");
        (int code, string output, string error) = ToolProcess.Try(program, [directory, "--profile", profile], s_limit);
        Match summary = Summary().Match(output);
        Assert.True(summary.Success, $"The suite ended with {code}: {output}{error}");
        Assert.True(code == 0 && summary.Groups["failed"].Value == "0", output);
        int passed = int.Parse(summary.Groups["passed"].Value, CultureInfo.InvariantCulture);
        Assert.True(passed >= atLeast, $"Only {passed} assertions: {output}");
        Assert.Empty(Directory.GetFileSystemEntries(directory));
    }

    [GeneratedRegex(@"^(?<passed>\d+) assertions passed, (?<failed>\d+) failed, (?<skipped>\d+) skipped$", RegexOptions.Multiline)]
    private static partial Regex Summary();
}
