using KafkaFs.TestKit;
using KafkaFs.TestKit.Kafka;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests;

/// <summary>`kafkafs session list` and `session close N`.</summary>
public abstract class SessionTests
{
    [Fact]
    public async Task ADeadMastersSessionIsListedAndClosedAndALiveOneStopsWith75()
    {
        using Setup setup = NewSetup();
        HostUnderTest dead = await setup.Master("dead").ReadyAsync();
        ToolProcess.Shell($"mkdir {setup.Mount}/of-the-dead");
        dead.Kill();
        HostUnderTest live = await setup.Master("live").ReadyAsync();
        HostUnderTest slave = await setup.Slave().ReadyAsync();
        ToolProcess.Shell($"mkdir {setup.Mount}/of-the-living");

        string[] open = List(setup);
        Assert.Equal(["1", "2"], open.Select(line => Column(line, 0)));
        Assert.Equal(["1", "1"], open.Select(line => Column(line, 3)));
        Assert.Contains("session 1 of master", Close(setup, "1"), StringComparison.Ordinal);
        Assert.Equal(["2"], List(setup).Select(line => Column(line, 0)));
        ToolProcess.Shell($"mkdir {setup.Mount}/still-living");

        Close(setup, "2");
        Assert.Equal(75, live.WaitForExit());
        Assert.Contains("session 2 was closed by an operator", live.Log, StringComparison.Ordinal);
        Assert.Empty(List(setup));
        (int code, _, string error) = Try(setup, "close", "2");
        Assert.Equal(64, code);
        Assert.Contains("session 2 is not open", error, StringComparison.Ordinal);

        live = setup.Again(live, () => setup.Master("live"));
        await live.ReadyAsync();
        await setup.EqualAsync(live, slave, masterRoot: "live");
    }

    private protected abstract Setup NewSetup();

    // Without the heading.
    private static string[] List(Setup setup) => ToolProcess
        .Run(HostUnderTest.Program, ["session", "list", .. setup.Journal, .. setup.Topic]).Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..];

    private static string Close(Setup setup, string session)
    {
        (int code, string output, string error) = Try(setup, "close", session);
        Assert.Equal((0, ""), (code, error));
        return output;
    }

    private static (int Code, string Output, string Error) Try(Setup setup, params string[] command) =>
        ToolProcess.Try(HostUnderTest.Program, ["session", .. command, .. setup.Topic, .. setup.Journal]);

    private static string Column(string line, int index) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[index];
}

public sealed class EmbeddedSessionTests : SessionTests
{
    private protected override Setup NewSetup()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        return Setup.Embedded();
    }
}

[Trait("Tier", "broker")]
public sealed class KafkaSessionTests(BrokerFixture fixture) : SessionTests
{
    private protected override Setup NewSetup()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        return Setup.Kafka(fixture.Cluster.Bootstrap, KafkaCluster.NewTopic());
    }
}
