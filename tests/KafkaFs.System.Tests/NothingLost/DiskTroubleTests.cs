using System.Text.Json;
using System.Text.RegularExpressions;
using KafkaFs.Hosting.Lifetime;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Files;
using KafkaFs.TestKit.Kafka;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests.NothingLost;

/// <summary>A slave whose disk is full, refuses, or fails: it says so, loses nothing, and ends equal.</summary>
public abstract class DiskTroubleTests : IDisposable
{
    private const int DiskMebibytes = 64;
    private readonly Setup _setup;

    private protected DiskTroubleTests(Func<Setup> setup)
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        _setup = setup();
    }

    [Fact]
    public async Task G3_AFullDiskStopsAtARecordUntilThereIsSpaceAgain()
    {
        LoopFileSystem disk = _setup.Use(new LoopFileSystem("ext4", DiskMebibytes));
        HostUnderTest master = await _setup.Master().ReadyAsync(), slave = await _setup.Slave(disk["s"]).ReadyAsync();
        using Load load = new(_setup.Mount, TestSetting.Seed);
        ToolProcess.Shell($"dd if=/dev/zero of={disk["ballast"]} bs=64K 2>/dev/null || true");
        ToolProcess.Shell($"cd {_setup.Mount}; mkdir full; head -c 3000000 /dev/urandom >full/large; echo small >full/small");
        await SaysWhyAsync(slave, "[^']+", "ENOSPC");
        await WhileItStallsAsync();
        Assert.False(await slave.IsReadyAsync());
        ToolProcess.Run("rm", [disk["ballast"]]);
        await EndsEqualAsync(master, slave, load, disk["s"]);
    }

    [Fact]
    public async Task G3_ADirectoryThatRefusesStopsAtARecordUntilItDoesNot()
    {
        LoopFileSystem disk = _setup.Use(new LoopFileSystem("ext4", DiskMebibytes));
        HostUnderTest master = await _setup.Master().ReadyAsync(), slave = await _setup.Slave(disk["s"]).ReadyAsync();
        ToolProcess.Run("mkdir", [Path.Combine(_setup.Mount, "refused")]);
        await Setup.CaughtUpAsync(master, slave);
        using Load load = new(_setup.Mount, TestSetting.Seed);
        ToolProcess.Run("chattr", ["+i", disk["s/refused"]]);
        try
        {
            ToolProcess.Shell($"cd {_setup.Mount}/refused; echo small >file; mkdir directory");
            await SaysWhyAsync(slave, "[^']*refused[^']*", "(EPERM|EACCES)");
            await WhileItStallsAsync();
            Assert.False(await slave.IsReadyAsync());
        }
        finally
        {
            ToolProcess.Run("chattr", ["-i", disk["s/refused"]]);
        }

        await EndsEqualAsync(master, slave, load, disk["s"]);
    }

    public void Dispose()
    {
        _setup.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>What else goes wrong at the same time.</summary>
    private protected virtual Task WhileItStallsAsync() => Task.CompletedTask;

    private protected Setup Setup => _setup;

    // Health, metrics and log all name record, place and cause, and the process lives.
    private static async Task SaysWhyAsync(HostUnderTest slave, string place, string cause)
    {
        Regex words = new($"record [0-9]+ cannot be applied: [^']+ of '{place}' failed with {cause}");
        await HealthAndMetricsTests.UntilAsync(async () => words.IsMatch(await WordsAsync(slave)), slave);
        Assert.Matches(words, slave.Log);
        Assert.Contains("\"healthy\":true", await slave.AskAsync("/health/live"), StringComparison.Ordinal);
        await MetricAsync(slave, "kafkafs_apply_stalled", 1);
        await MetricAsync(slave, "kafkafs_ready", 0);
    }

    private static async Task<string> WordsAsync(HostUnderTest host)
    {
        string answer = await host.AskAsync("/health/ready");
        return answer.Length == 0 ? "" : JsonDocument.Parse(answer).RootElement.GetProperty("words").GetString() ?? "";
    }

    // An answer is kept for a moment by the exporter.
    private static Task MetricAsync(HostUnderTest host, string name, int value) =>
        HealthAndMetricsTests.UntilAsync(async () => Regex.IsMatch(await host.AskAsync("/metrics"), $"(?m)^{name}[^ ]* {value}( |$)"), host);

    private async Task EndsEqualAsync(HostUnderTest master, HostUnderTest slave, Load load, string root)
    {
        await slave.ReadyAsync();
        await MetricAsync(slave, "kafkafs_apply_stalled", 0);
        load.StopAndCheck(_setup.Mount);
        await _setup.EqualAsync(master, slave, root);
        Assert.Equal(0, slave.Stop());
        Assert.Equal(0, master.Stop());
    }
}

public sealed class EmbeddedDiskTroubleTests() : DiskTroubleTests(Setup.Embedded)
{
    /// <summary>The disk below gives EIO for everything, or the filesystem has given up by itself: no waiting mends that.</summary>
    [Theory]
    [InlineData("fails")]
    [InlineData("aborts")]
    public async Task G3_ADiskThatFailedEndsTheProcessAndARepairedOneEndsEqual(string how)
    {
        LoopFileSystem device = Setup.Use(new LoopFileSystem("xfs"));
        LoopFileSystem disk = Setup.Use(new LoopFileSystem("ext4", 128, device.Path));
        HostUnderTest master = await Setup.Master().ReadyAsync(), slave = await Setup.Slave(disk["s"]).ReadyAsync();
        using Load load = new(Setup.Mount, TestSetting.Seed);
        await Task.Delay(500, TestContext.Current.CancellationToken);
        ToolProcess.Run("sync", ["-f", disk.Path]);
        if (how == "fails")
        {
            device.Fail();
        }
        else
        {
            ToolProcess.Run("mount", ["-o", "remount,abort", disk.Path]);
        }

        await Task.Delay(500, TestContext.Current.CancellationToken);
        // By itself at a checkpoint, at the latest at a stop.
        Assert.Equal(ExitCode.DataRootUnusable, slave.HasExited ? slave.WaitForExit() : slave.Stop());
        Assert.Matches($"(?m)(EIO|EROFS|I/O error|Read-only).*exit code {ExitCode.DataRootUnusable}", slave.Log);
        device.Repair(disk);
        slave = await Setup.Again(slave, () => Setup.Slave(disk["s"])).ReadyAsync();
        load.StopAndCheck(Setup.Mount);
        await Setup.EqualAsync(master, slave, disk["s"]);
        Assert.Equal(0, slave.Stop());
        Assert.Equal(0, master.Stop());
    }
}

/// <summary>The broker goes away while the disk stops the slave, and comes back.</summary>
[Trait("Tier", "broker")]
public sealed class KafkaDiskTroubleTests : DiskTroubleTests
{
    private const string Broker = "1";
    private readonly KafkaCluster _cluster;

    public KafkaDiskTroubleTests() : this(KafkaCluster.StartOwn())
    {
    }

    private KafkaDiskTroubleTests(KafkaCluster cluster) : base(() => Setup.Kafka(cluster.Bootstrap, KafkaCluster.NewTopic())) => _cluster = Setup.Use(cluster);

    private protected override async Task WhileItStallsAsync()
    {
        _cluster.Control("kill-broker", Broker);
        await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);
        _cluster.Control("start-broker", Broker);
    }
}
