using KafkaFs.TestKit;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.Hosting.Tests.Repository;

/// <summary>The script `test` counts what ran, and never says that all is well when it is not.</summary>
public sealed class TestScriptTests : IDisposable
{
    private static readonly string s_script = Path.Combine(Environments.Repository, "test");

    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("   P.Tests  Total: 0", 0, "0 1 0")]
    [InlineData("   P.Tests  Total: 0, Errors: 0, Failed: 0, Skipped: 0, Not Run: 0, Time: 0.001s", 0, "0 1 0")]
    [InlineData("Unhandled exception", 134, "0 1 0")]
    [InlineData("   P.Tests  Total: 9, Errors: 0, Failed: 0, Skipped: 2, Not Run: 3, Time: 1.234s", 0, "7 0 2")]
    [InlineData("   P.Tests  Total: 9, Errors: 1, Failed: 2, Skipped: 2, Not Run: 0, Time: 1.234s", 1, "4 3 2")]
    [InlineData("   P.Tests  Total: 1, Errors: 4, Failed: 0, Skipped: 0, Not Run: 0, Time: 1.234s", 1, "0 4 0")]
    [InlineData("   P.Tests  Total: 9, Errors: 0, Failed: 0, Skipped: 0, Not Run: 0, Time: 1.234s", 137, "8 1 0")]
    public void NoTestAndNoSummaryAreAFailure(string summary, int exitCode, string counts)
    {
        string program = _folder["P.Tests/release/P.Tests"];
        Directory.CreateDirectory(Path.GetDirectoryName(program)!);
        File.WriteAllText(program, $"#!/bin/sh\necho '{summary}'\nexit {exitCode}\n");
        string output = ToolProcess.Shell($"""
            chmod +x {program}; set +e; source <(sed -n '/^count()/,/^\x7d/p; /^run()/,/^\x7d/p' {s_script})
            passed=0 failed=0 skipped=0 as=() bin={_folder.Path}; run P.Tests -trait X=y; echo $passed $failed $skipped
            """);
        Assert.Equal(counts, output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]);
    }

    [Fact]
    public void AnUnknownTierIsRefusedBeforeAnythingIsBuilt()
    {
        (int code, string output, _) = ToolProcess.Try("bash", [s_script, "unit", "untested"], TimeSpan.FromSeconds(20));
        Assert.Equal(64, code);
        Assert.StartsWith("no tier 'untested': unit mount ", output, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
