using System.Diagnostics;
using System.Text.RegularExpressions;
using KafkaFs.System.Tests.Faults;
using KafkaFs.System.Tests.NothingLost;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Kafka;
using KafkaFs.TestKit.Kafka.Proxy;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests;

/// <summary>No hang without a way out: the broker is away, and calls wait.</summary>
[Trait("Tier", "broker")]
public sealed class G6Tests
{
    private static readonly Regex s_blocked = new("\\(notify-names-[0-9]\\) D ");

    private readonly KafkaCluster _cluster;

    public G6Tests(OwnBrokerFixture fixture)
    {
        _cluster = fixture.Cluster;
        Environments.RequireFuse();
        Environments.RequireRoot();
    }

    [Theory]
    [InlineData(HangRounds.Away.Paused, HangRounds.End.NotAtAll, false)]
    [InlineData(HangRounds.Away.Killed, HangRounds.End.Terminate, true)]
    [InlineData(HangRounds.Away.Paused, HangRounds.End.Terminate, false)]
    [InlineData(HangRounds.Away.Paused, HangRounds.End.Kill, true)]
    [InlineData(HangRounds.Away.Stopped, HangRounds.End.Kill, false)]
    [InlineData(HangRounds.Away.Paused, HangRounds.End.ForcedUnmount, false)]
    [InlineData(HangRounds.Away.Killed, HangRounds.End.LazyUnmount, false)]
    internal async Task G6_WithoutABrokerEveryCallerAndTheMasterCanEnd(HangRounds.Away away, HangRounds.End end, bool startsBefore)
    {
        using Setup setup = Setup.Kafka(_cluster.Bootstrap, KafkaCluster.NewTopic());
        await new HangRounds(_cluster, setup).RunAsync(away, end, startsBefore);
    }

    // What was handed over may be in the journal yet: the next start asks for it before it shows anything.
    [Fact]
    public async Task G2_AStopThatLeavesAnsweredWritesToAPausedBrokerIsNoCleanStop()
    {
        using Setup setup = Setup.Kafka(_cluster.Bootstrap, KafkaCluster.NewTopic());
        HostUnderTest master = await setup.Master(options: ["--stall-after", "1"]).ReadyAsync();
        ToolProcess.Shell($"echo before > {setup.Mount}/file");
        _cluster.PauseBroker(1);
        try
        {
            // A shell would close, and so wait.
            using Process writer = Process.Start("python3", ["-c", $"""
                import os, time
                file = os.open('{setup.Mount}/file', os.O_WRONLY | os.O_APPEND)
                os.write(file, b'answered\n'); open('{setup["written"]}', 'w').close(); time.sleep(100)
                """]);
            for (int attempt = 0; !File.Exists(setup["written"]); attempt++)
            {
                Assert.True(attempt < 200, "The write is not answered.");
                await Task.Delay(50, TestContext.Current.CancellationToken);
            }

            await Task.Delay(2_500, TestContext.Current.CancellationToken);
            Assert.Equal(0, master.Stop());
            writer.Kill();
        }
        finally
        {
            _cluster.ResumeBroker(1);
        }

        Assert.Contains("9 bytes that programs have written, and not synced, are not known to be in the journal", master.Log, StringComparison.Ordinal);
        Assert.False(File.Exists(setup["m/.kafkafs/clean"]));
        master = await setup.Master().ReadyAsync();
        Assert.StartsWith("before\n", ToolProcess.Shell($"cat {setup.Mount}/file"), StringComparison.Ordinal);
        Assert.Equal(0, master.Stop());
    }

    // tests/soak/no-hang
    [Fact(Explicit = true)]
    public async Task G6_RoundsByChance()
    {
        int seed = TestSetting.Seed;
        TestSetting.Say($"seed {seed}");
        Random random = new(seed);
        using Setup setup = Setup.Kafka(_cluster.Bootstrap, KafkaCluster.NewTopic());
        HangRounds rounds = new(_cluster, setup);
        for (int round = 1; round <= TestSetting.Rounds; round++)
        {
            HangRounds.Away away = random.GetItems(Enum.GetValues<HangRounds.Away>(), 1)[0];
            HangRounds.End end = random.GetItems(Enum.GetValues<HangRounds.End>(), 1)[0];
            bool startsBefore = end != HangRounds.End.NotAtAll && random.Next(2) == 0;
            TestSetting.Say($"{round}: {away}, {end}{(startsBefore ? ", a start before the broker is back" : "")}");
            await rounds.RunAsync(away, end, startsBefore);
        }
    }

    // The notification waits, unkillable, for the folder's lock, which the mkdir holds, and the mkdir for its record.
    [Theory]
    [InlineData("KILL", false)]
    [InlineData("KILL", true)]
    [InlineData("XCPU", false)] // dumps core, as a runtime that crashes
    public async Task G6_AKilledMasterWithABlockedNotificationIsTakenAway(string signal, bool withoutCompanion)
    {
        using ProxiedCluster cluster = ProxiedCluster.Start();
        using Setup setup = Setup.Kafka(cluster.Bootstrap, KafkaCluster.NewTopic());
        Directory.CreateDirectory(setup["mnt2"]);
        HostUnderTest master = await setup.Master().ReadyAsync(), other = await setup.Master("m2", setup["mnt2"]).ReadyAsync();
        string folder = $"{setup.Mount}/d";
        ToolProcess.Shell($"mkdir {folder}; ls {folder}; sleep 1.5; until ls {setup["mnt2"]}/d; do sleep 0.1; done");
        int companion = master.Companion ?? throw new InvalidOperationException("There is no companion.");
        HoldAppends hold = new();
        cluster.Faults = hold;
        using WaitingCallers callers = await WaitingCallers.StartAsync(folder, "held");
        hold.IsOver = true;
        ToolProcess.Shell($"mkdir {setup["mnt2"]}/d/foreign", TimeSpan.FromSeconds(10));
        await BlockedAsync(master);
        if (withoutCompanion)
        {
            ToolProcess.Run("kill", ["-KILL", $"{companion}"]);
        }

        ToolProcess.Run("prlimit", ["--pid", $"{master.Id}", "--core=0"]);
        Stopwatch watch = Stopwatch.StartNew();
        master.Signal(signal);
        if (withoutCompanion)
        {
            await Task.Delay(1_000, TestContext.Current.CancellationToken);
            Assert.False(master.HasExited, "The notification was not blocked.");
            Assert.Contains("it is unmounted", ToolProcess.Run(HostUnderTest.Program, ["cleanup", setup.Mount], TimeSpan.FromSeconds(5)), StringComparison.Ordinal);
        }

        await new HangRounds(cluster.Cluster, setup).GoneAsync(watch, [master.Id, companion, .. callers.Ids], master);
        callers.Ended();
        cluster.Proxy.Release();
        await setup.Master().ReadyAsync();
        ToolProcess.Shell($"mkdir {folder}/again; ls {folder}/foreign", TimeSpan.FromSeconds(10));
    }

    private static async Task BlockedAsync(HostUnderTest master)
    {
        for (int attempt = 0; !master.Threads.Any(s_blocked.IsMatch); attempt++)
        {
            Assert.True(attempt < 200, "No notification is blocked.");
            await Task.Delay(25);
        }
    }
}
