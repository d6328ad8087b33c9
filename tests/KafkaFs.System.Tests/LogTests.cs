using System.Diagnostics;
using System.Text.Json;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Kafka;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests;

/// <summary>`kafkafs log` as the help shows it.</summary>
public abstract class LogTests
{
    [Fact]
    public async Task TheRecordsAreShownFromAnyPositionAndAsJson()
    {
        using Setup setup = NewSetup();
        await WorkAsync(setup);
        string[] all = Log(setup);
        Assert.Contains(all, line => line.Contains("Mkdir", StringComparison.Ordinal) && line.Contains("first", StringComparison.Ordinal));
        Assert.Equal(all[3..5], Log(setup, "--from", Offset(all[3]), "--count", "2"));
        Assert.Equal(all[..1], Log(setup, "--from", "start", "--count", "1"));
        Assert.Empty(Log(setup, "--from", "end"));
        string[] json = Log(setup, "--json");
        Assert.Equal(all.Length, json.Length);
        Assert.All(json, line => Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(line).RootElement.GetProperty("change").ValueKind));
        (int code, _, string error) = ToolProcess.Try(HostUnderTest.Program, ["log", .. setup.Journal, .. setup.Topic, "--from", "1000000"]);
        Assert.Equal(64, code);
        Assert.Contains("the journal has the records 0 to ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FollowingGoesOnUntilItIsStopped()
    {
        using Setup setup = NewSetup();
        await setup.Master().ReadyAsync();
        using Process log = Start(setup, "--follow", "--from", "end");
        Task<string?> line = log.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask();
        for (int index = 0; !line.IsCompleted; index++)
        {
            // Where the end is, is known to the program once it has opened the journal.
            Assert.True(index < 100, "nothing is followed");
            ToolProcess.Shell($"mkdir {setup.Mount}/later-{index}");
            await Task.Delay(200, TestContext.Current.CancellationToken);
        }

        Assert.Contains("later", await line, StringComparison.Ordinal);
        ToolProcess.Run("kill", ["-INT", $"{log.Id}"]);
        Assert.True(log.WaitForExit(20_000), "the log does not end at Ctrl-C");
        Assert.Equal(0, log.ExitCode);
    }

    [Fact]
    public async Task AClosedPipeEndsIt()
    {
        using Setup setup = NewSetup();
        await WorkAsync(setup);
        string command = string.Join(' ', [HostUnderTest.Program, "log", .. setup.Journal, .. setup.Topic, "--follow"]);
        string[] lines = ToolProcess.Shell($"{command} | head -2", TimeSpan.FromSeconds(30)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
    }

    private protected abstract Setup NewSetup();

    private protected static string[] Log(Setup setup, params string[] options) => ToolProcess
        .Run(HostUnderTest.Program, ["log", .. setup.Journal, .. setup.Topic, .. options]).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static string Offset(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];

    private static async Task WorkAsync(Setup setup)
    {
        HostUnderTest master = await setup.Master().ReadyAsync();
        ToolProcess.Shell($"mkdir {setup.Mount}/first; echo x > {setup.Mount}/first/file; rm -r {setup.Mount}/first");
        Assert.Equal(0, master.Stop());
    }

    private static Process Start(Setup setup, params string[] options)
    {
        ProcessStartInfo start = ToolProcess.Interruptible(HostUnderTest.Program, ["log", .. setup.Journal, .. setup.Topic, .. options]);
        start.RedirectStandardOutput = true;
        return Process.Start(start)!;
    }
}

public sealed class EmbeddedLogTests : LogTests
{
    private protected override Setup NewSetup()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        return Setup.Embedded();
    }
}

[Trait("Tier", "broker")]
public sealed class KafkaLogTests(BrokerFixture fixture) : LogTests
{
    [Fact]
    public async Task ATopicThatForgetsRecordsCanBeReadAllTheSame()
    {
        using Setup setup = NewSetup();
        await setup.Master().ReadyAsync();
        fixture.Cluster.Control("configs", "--alter", "--entity-type", "topics", "--entity-name", setup.Topic[0], "--add-config", "retention.ms=86400000");
        (int code, _, string error) = ToolProcess.Try(HostUnderTest.Program, ["slave", .. setup.Journal, setup["s"], .. setup.Topic]);
        Assert.Equal(76, code);
        Assert.Contains("retention.ms=86400000", error, StringComparison.Ordinal);
        Assert.NotEmpty(Log(setup, "--property", "client.rack=here"));
    }

    private protected override Setup NewSetup()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        return Setup.Kafka(fixture.Cluster.Bootstrap, KafkaCluster.NewTopic());
    }
}
