using System.Diagnostics;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Kafka;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests;

/// <summary>A master that starts while its journal is away: after a clean stop it mounts, and changes wait.</summary>
public sealed class JournalAwayTests
{
    private static readonly TimeSpan s_short = TimeSpan.FromSeconds(5);

    private readonly OwnBrokerFixture _own;

    public JournalAwayTests(OwnBrokerFixture own)
    {
        _own = own;
        Environments.RequireFuse();
        Environments.RequireRoot();
    }

    [Fact]
    public async Task G2_G6_AfterACleanStopItMountsWithoutItsJournalAndChangesWait()
    {
        using Setup setup = Setup.Embedded();
        await MountsWithoutAsync(setup, away: () => Move(setup, "journal.db", "away.db"), back: () => Move(setup, "away.db", "journal.db"));
    }

    [Fact]
    [Trait("Tier", "broker")]
    public async Task G2_G6_AfterACleanStopItMountsWithoutItsBrokerAndChangesWait()
    {
        KafkaCluster cluster = _own.Cluster;
        using Setup setup = Setup.Kafka(cluster.Bootstrap, KafkaCluster.NewTopic());
        await MountsWithoutAsync(setup, away: () => cluster.StopBroker(1), back: () => cluster.StartBroker(1));
    }

    [Fact]
    public async Task G6_AMasterWithoutItsJournalStopsCleanlyAndWithdrawsWhatWaits()
    {
        using Setup setup = Setup.Embedded();
        await LeaveAsync(setup);
        Move(setup, "journal.db", "away.db");
        HostUnderTest master = await MountedAsync(setup);
        using Process waits = Process.Start("mkdir", [$"{setup.Mount}/new"]);
        await Task.Delay(500, TestContext.Current.CancellationToken);
        Assert.False(waits.HasExited);
        Assert.Equal(0, master.Stop());
        Assert.True(waits.WaitForExit(s_short));
        Assert.NotEqual(0, waits.ExitCode);
        Assert.True(File.Exists(setup["m/.kafkafs/clean"]));
        Move(setup, "away.db", "journal.db");
        master = await setup.Master().ReadyAsync();
        Assert.False(Directory.Exists($"{setup.Mount}/new"));
        Assert.Equal(0, master.Stop());
    }

    // Nothing is applied, and nothing appended, before the log was checked.
    [Fact]
    public async Task G4_AnotherJournalInThePlaceOfTheOneThatWasAwayIsRefusedAndNotWrittenTo()
    {
        using Setup setup = Setup.Embedded();
        await LeaveAsync(setup);
        Move(setup, "journal.db", "away.db");
        using Setup other = Setup.Embedded();
        HostUnderTest foreign = await other.Master().ReadyAsync();
        ToolProcess.Shell($"mkdir {other.Mount}/a {other.Mount}/b {other.Mount}/c {other.Mount}/d");
        Assert.Equal(0, foreign.Stop());
        HostUnderTest master = await MountedAsync(setup);
        using Process waits = Process.Start("mkdir", [$"{setup.Mount}/new"]);
        string before = ToolProcess.Run("sha256sum", [other["journal.db"]]).Split(' ')[0];
        ToolProcess.Shell($"cp {other["journal.db"]} {setup["copy.db"]}; mv {setup["copy.db"]} {setup["journal.db"]}");
        Assert.Equal(76, master.WaitForExit());
        Assert.Contains("deleted and created again, or is another one", master.Log, StringComparison.Ordinal);
        Assert.True(waits.WaitForExit(s_short));
        Assert.Equal(before, ToolProcess.Run("sha256sum", [setup["journal.db"]]).Split(' ')[0]);
        Assert.Equal(["d", "file"], Directory.GetFileSystemEntries(setup["m"]).Select(Path.GetFileName).Where(name => name != ".kafkafs").Order());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AfterACrashOrIfItIsToldToItWaits(bool cleanly)
    {
        using Setup setup = Setup.Embedded();
        await LeaveAsync(setup, cleanly);
        Move(setup, "journal.db", "away.db");
        HostUnderTest master = setup.Master(options: cleanly ? ["--journal-away", "wait"] : []);
        await SaysAsync(master, "does not exist");
        await Task.Delay(1_500, TestContext.Current.CancellationToken);
        Assert.False(IsMounted(setup));
        Move(setup, "away.db", "journal.db");
        await master.ReadyAsync();
        Assert.Equal("content\n", await File.ReadAllTextAsync($"{setup.Mount}/file", TestContext.Current.CancellationToken));
        Assert.Equal(0, master.Stop());
    }

    private static async Task MountsWithoutAsync(Setup setup, Action away, Action back)
    {
        await LeaveAsync(setup);
        away();
        HostUnderTest master = await MountedAsync(setup);
        await SaysAsync(master, "the journal is away since the start");
        Assert.False(await master.IsReadyAsync());
        ToolProcess.Shell($"[ $(cat {setup.Mount}/file) = content ]; stat {setup.Mount}/d; ls {setup.Mount}", s_short);

        string script = $"cd {setup.Mount}; mkdir d/new; echo text > d/new/file; echo more >> file; ln file d/link; ln -s file d/soft; mv d/new d/moved";
        using Process waits = Process.Start("bash", ["-ceu", script]);
        using Process killed = Process.Start("mkdir", [$"{setup.Mount}/killed"]);
        await Task.Delay(1_500, TestContext.Current.CancellationToken);
        Assert.False(waits.HasExited || killed.HasExited);
        killed.Kill();
        Assert.True(killed.WaitForExit(s_short));
        ToolProcess.Shell($"ls {setup.Mount}", s_short);
        back();
        await master.ReadyAsync();
        Assert.True(waits.WaitForExit(TimeSpan.FromSeconds(30)));
        Assert.Equal(0, waits.ExitCode);
        ToolProcess.Shell($"cd {setup.Mount}; [ $(cat d/moved/file) = text ]; [ $(wc -l < d/link) = 2 ]; [ ! -e killed ]; mkdir later", s_short);
        HostUnderTest slave = await setup.Slave().ReadyAsync();
        await setup.EqualAsync(master, slave);
        Assert.Equal((0, 0), (master.Stop(), slave.Stop()));
        ToolProcess.Run(HostUnderTest.Program, ["verify", setup["m"]]);
    }

    private static async Task LeaveAsync(Setup setup, bool cleanly = true)
    {
        HostUnderTest master = await setup.Master().ReadyAsync();
        ToolProcess.Shell($"mkdir {setup.Mount}/d; echo content > {setup.Mount}/file");
        if (cleanly)
        {
            Assert.Equal(0, master.Stop());
        }
        else
        {
            master.Kill();
        }
    }

    private static async Task<HostUnderTest> MountedAsync(Setup setup)
    {
        HostUnderTest master = setup.Master();
        for (int attempt = 0; !IsMounted(setup); attempt++)
        {
            Assert.True(attempt < 600 && !master.HasExited, $"It is not mounted:\n{master.LogOfThisRun}");
            await Task.Delay(50);
        }

        return master;
    }

    private static bool IsMounted(Setup setup) => File.ReadAllText("/proc/mounts").Contains($" {setup.Mount} ", StringComparison.Ordinal);

    private static async Task SaysAsync(HostUnderTest master, string words)
    {
        for (int attempt = 0; !(await master.AskAsync("/health/ready")).Contains(words, StringComparison.Ordinal); attempt++)
        {
            Assert.True(attempt < 600 && !master.HasExited, $"It does not say '{words}':\n{master.LogOfThisRun}");
            await Task.Delay(50);
        }
    }

    private static void Move(Setup setup, string from, string to)
    {
        foreach (string end in (string[])["-wal", "-shm", ""])
        {
            if (File.Exists(setup[from + end]))
            {
                File.Move(setup[from + end], setup[to + end]);
            }
        }
    }
}
