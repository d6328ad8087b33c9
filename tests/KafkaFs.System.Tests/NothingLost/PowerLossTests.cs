using System.Diagnostics;
using System.Text.RegularExpressions;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Files;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests.NothingLost;

/// <summary>
/// The power goes while a replica works. A reflink copy of the image that its filesystem lies in is the disk at that moment, without
/// what was still in memory. See <see cref="TestSetting"/> for more cuts and for seeds.
/// </summary>
public sealed partial class PowerLossTests : IDisposable
{
    private const int OuterMebibytes = 40 * 1024;
    private static readonly TimeSpan s_readyLimit = TimeSpan.FromMinutes(5);

    private readonly Setup _setup;
    private readonly LoopFileSystem _outer;
    private readonly int _seed = TestSetting.Seed;
    private readonly Random _random;
    private TimeSpan _longest;

    public PowerLossTests()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        _random = new Random(_seed);
        _setup = Setup.Embedded();
        _outer = _setup.Use(new LoopFileSystem("xfs", OuterMebibytes));
    }

    [Theory]
    [InlineData("ext4")]
    [InlineData("xfs")]
    [InlineData("btrfs")]
    public Task G3_ASlaveRecoversFromEachPowerCut(string kind) => CutsAsync($"slave on {kind}", TestSetting.Cuts(2), async cuts =>
    {
        LoopFileSystem disk = _setup.Use(new LoopFileSystem(kind, parent: _outer.Path));
        HostUnderTest master = await _setup.Master().ReadyAsync();
        HostUnderTest slave = await RestartedAsync(disk["s"], () => _setup.Slave(disk["s"]));
        using Load load = new(_setup.Mount, _seed);
        await HealthAndMetricsTests.UntilAsync(() => Task.FromResult(File.Exists(disk[$"s/{SharedAnswers.LogPath}"])), slave);
        for (int cut = 0; cut < cuts; cut++)
        {
            await UntilTheCutAsync(disk, load);
            using LoopFileSystem after = _setup.Use(disk.PowerCut(_outer));
            string log = $"after{cut}";
            HostUnderTest recovered = await RecoveredAsync(() => _setup.Slave(after["s"], log));
            load.Pause();
            await _setup.EqualAsync(master, recovered, after["s"]);
            load.Resume();
            Assert.Equal(0, recovered.Stop());
        }

        load.StopAndCheck(_setup.Mount);
        await _setup.EqualAsync(master, slave, disk["s"]);
        End(master, slave);
        return load.Answered;
    });

    [Theory]
    [InlineData("ext4")]
    [InlineData("xfs")]
    [InlineData("btrfs")]
    public Task G2_G3_AMasterRecoversFromEachPowerCutAndNothingAnsweredIsMissing(string kind) => CutsAsync($"master on {kind}", TestSetting.Cuts(1), async cuts =>
    {
        LoopFileSystem disk = _setup.Use(new LoopFileSystem(kind, parent: _outer.Path));
        HostUnderTest master = await RestartedAsync(disk["m"], () => _setup.Master(disk["m"])), slave = await _setup.Slave().ReadyAsync();
        using Load load = new(_setup.Mount, _seed);
        for (int cut = 0; cut < cuts; cut++)
        {
            await UntilTheCutAsync(disk, load);
            LoopFileSystem before = disk;
            disk = _setup.Use(before.PowerCut(_outer));
            master.Kill();
            before.Dispose();
            master = await RecoveredAsync(() => _setup.Again(master, () => _setup.Master(disk["m"])));
            load.Mounted(_setup.Mount);
        }

        await Task.Delay(200, TestContext.Current.CancellationToken);
        load.StopAndCheck(_setup.Mount);
        await _setup.EqualAsync(master, slave, masterRoot: disk["m"]);
        End(master, slave);
        return load.Answered;
    });

    public void Dispose() => _setup.Dispose();

    private async Task CutsAsync(string what, int cuts, Func<int, Task<long>> cutAsync)
    {
        string words = $"Power loss, {what}: {cuts} cuts of KAFKAFS_TEST_SEED={_seed}";
        TestSetting.Say(words);
        try
        {
            long answered = await cutAsync(cuts);
            TestSetting.Say($"{words}: longest restart to ready {_longest.TotalSeconds:0.0} s, {answered} answered calls checked");
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"{words}: {exception.Message}\n{_setup.LastWords}", exception);
        }
    }

    // After a clean stop that left something: its mark must not come back with a power cut.
    private async Task<HostUnderTest> RestartedAsync(string root, Func<HostUnderTest> start)
    {
        HostUnderTest first = await start().ReadyAsync();
        Directory.CreateDirectory(Path.Combine(_setup.Mount, "before"));
        await HealthAndMetricsTests.UntilAsync(() => Task.FromResult(Directory.Exists(Path.Combine(root, "before"))), first);
        Assert.Equal(0, first.Stop());
        return await _setup.Again(first, start).ReadyAsync();
    }

    // Sometimes all is on the disk shortly before: ext4 would else have nothing there for seconds.
    private async Task UntilTheCutAsync(LoopFileSystem disk, Load load)
    {
        await Task.Delay(_random.Next(100, 700));
        if (_random.Next(2) == 0)
        {
            ToolProcess.Run("sync", ["-f", disk.Path]);
            await Task.Delay(_random.Next(400));
        }

        load.ThrowIfFailed();
    }

    private async Task<HostUnderTest> RecoveredAsync(Func<HostUnderTest> start)
    {
        Stopwatch watch = Stopwatch.StartNew();
        HostUnderTest host = await start().ReadyAsync(s_readyLimit);
        _longest = watch.Elapsed > _longest ? watch.Elapsed : _longest;
        Assert.Matches(Recovery(), host.LogOfThisRun);
        return host;
    }

    private static void End(HostUnderTest master, HostUnderTest slave)
    {
        Assert.Equal(0, master.Stop());
        Assert.Equal(0, slave.Stop());
    }

    // A data root that was not left cleanly is recovered, or built anew.
    [GeneratedRegex("not left by a clean stop|[Rr]ecover")]
    private static partial Regex Recovery();
}
