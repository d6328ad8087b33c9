using System.Text.RegularExpressions;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests;

/// <summary>What hosts say of themselves over HTTP, in processes of their own.</summary>
public sealed partial class HealthAndMetricsTests
{
    [Fact]
    public async Task ASlaveWithoutAJournalIsAliveAndNotReadyAndSaysWhyInTheLogToo()
    {
        using Setup setup = Setup.Embedded();
        HostUnderTest slave = setup.Slave();
        await UntilAsync(async () => (await slave.AskAsync("/health/ready")).Contains("\"state\":\"Stalled\"", StringComparison.Ordinal), slave);
        Assert.Contains("\"healthy\":false", await slave.AskAsync("/health/ready"), StringComparison.Ordinal);
        Assert.Contains("\"healthy\":true", await slave.AskAsync("/health/live"), StringComparison.Ordinal);
        await Task.Delay(2_500, TestContext.Current.CancellationToken);
        Assert.Single(Regex.Matches(slave.Log, "Stalled, and going on by itself.*does not exist"));
        Assert.Equal(0, slave.Stop());
    }

    [Fact]
    public async Task EveryMetricOfTheManualIsThereAndNoOther()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        using Setup setup = Setup.Embedded();
        HostUnderTest master = await setup.Master().ReadyAsync();
        ToolProcess.Shell($"cd {setup.Mount}; echo x > f; cat f; sync f; mv f g");
        string metrics = await master.AskAsync("/metrics");
        string[] exported = [.. Exported().Matches(metrics).Select(match => match.Groups[1].Value).Distinct().Where(name => !name.EndsWith("_sum", StringComparison.Ordinal) && !name.EndsWith("_count", StringComparison.Ordinal))];
        string manual = await File.ReadAllTextAsync(Path.Combine(Environments.Repository, "docs/operations.md"), TestContext.Current.CancellationToken);
        string[] documented = [.. Documented().Matches(manual).Select(match => match.Groups[1].Value).Distinct()];
        Assert.Equal(documented.Order(), exported.Order());
        Assert.Contains("kafkafs_call_duration_seconds_bucket{", metrics, StringComparison.Ordinal);
        Assert.Contains("le=\"5E-05\"", metrics, StringComparison.Ordinal);
        Assert.Contains("le=\"10\"", metrics, StringComparison.Ordinal);
        // The labels as they come: the exporter adds its own.
        string info = metrics.Split('\n').Single(static line => line.StartsWith("kafkafs_build_info{", StringComparison.Ordinal));
        Assert.All((string[])["host=\"master\"", $"mountpoint=\"{setup.Mount}\"", $"data_root=\"{setup["m"]}\""], label => Assert.Contains(label, info, StringComparison.Ordinal));
    }

    [Fact]
    public async Task AHostIsNotReadyFromTheFirstSignOfAStop()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        using Setup setup = Setup.Embedded();
        HostUnderTest master = await setup.Master().ReadyAsync();
        // An open file is drained for: a stop takes its time.
        using global::System.Diagnostics.Process holder = global::System.Diagnostics.Process.Start("bash", ["-c", $"exec 3>{setup.Mount}/held; sleep 1"]);
        await UntilAsync(() => Task.FromResult(File.Exists(setup["m/held"])), master);
        Task<int> stopped = Task.Run(master.Stop, TestContext.Current.CancellationToken);
        await UntilAsync(() => Task.FromResult(master.Log.Contains("Stopping: ", StringComparison.Ordinal)), master);
        Assert.DoesNotContain("\"healthy\":true", await master.AskAsync("/health/ready"), StringComparison.Ordinal);
        await holder.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, await stopped);
        Assert.DoesNotContain("Ready: ", master.Log[master.Log.IndexOf("Stopping: ", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }

    internal static async Task UntilAsync(Func<Task<bool>> condition, HostUnderTest host)
    {
        for (int attempt = 0; !await condition(); attempt++)
        {
            if (attempt == 600)
            {
                Assert.Fail(host.Log);
            }

            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    [GeneratedRegex(@"^(kafkafs_\w+?)[{ ]", RegexOptions.Multiline)]
    private static partial Regex Exported();

    [GeneratedRegex(@"`(kafkafs_\w+)`")]
    private static partial Regex Documented();
}
