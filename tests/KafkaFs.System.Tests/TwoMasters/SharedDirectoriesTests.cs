using KafkaFs.System.Tests.NothingLost;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Kafka;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests.TwoMasters;

/// <summary>Two masters of one topic, four writers on each in the same directories: nothing is lost, all are equal, nothing stalls.</summary>
[Trait("Tier", "broker")]
public sealed class SharedDirectoriesTests : IDisposable
{
    private const int Writers = 4;

    private static readonly TimeSpan s_callLimit = TimeSpan.FromSeconds(30);

    private readonly Setup _setup;

    public SharedDirectoriesTests(BrokerFixture fixture)
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        _setup = Setup.Kafka(fixture.Cluster.Bootstrap, KafkaCluster.NewTopic());
        Directory.CreateDirectory(_setup["mnt2"]);
    }

    /// <summary>See <see cref="TestSetting"/> for how long, and for the seed of one that failed; tests/soak/two-masters runs it for long.</summary>
    [Fact]
    public async Task G1_G5_WritersOfTwoMastersInTheSameDirectoriesLoseNothingAndAllAreEqual()
    {
        int seed = TestSetting.Seed;
        TestSetting.Say($"{TestSetting.Work.TotalSeconds} s of KAFKAFS_TEST_SEED={seed}");
        HostUnderTest first = await _setup.Master().ReadyAsync(), second = await _setup.Master("m2", _setup["mnt2"]).ReadyAsync(), slave = await _setup.Slave().ReadyAsync();
        SharedWriter.Prepare(_setup.Mount);
        await Setup.CaughtUpAsync(first, second);
        SharedWriter[] writers = [.. Enumerable.Range(0, 2 * Writers).Select(index => new SharedWriter(index < Writers ? _setup.Mount : _setup["mnt2"], $"w{index}", seed + index))];
        Visibility visibility = new(_setup.Mount, _setup["mnt2"]);
        await Setup.CaughtUpAsync(first, second);
        Array.ForEach(writers, static writer => writer.Start());
        visibility.Start();
        await Task.Delay(TestSetting.Work, TestContext.Current.CancellationToken);
        visibility.Stop();
        bool[] stopped = [.. writers.Select(static writer => writer.Stop(s_callLimit))];
        string words = $"seed {seed}: {writers.Sum(static writer => writer.Calls)} calls, {writers.Sum(static writer => writer.Appended.Sum(static log => log.Count))} lines appended; {visibility.Words}";
        TestSetting.Say(words);
        Assert.All(stopped, isStopped => Assert.True(isStopped, $"{words}: a call does not return\n{_setup.LastWords}"));
        Assert.All(writers, writer => Assert.True(writer.Failure is null, $"{words}: {writer.Failure}"));
        Assert.True(visibility.Median < 200, words);
        Assert.True(visibility.Failure is null, $"{words}: {visibility.Failure}");

        await Setup.CaughtUpAsync(second, first);
        await Setup.CaughtUpAsync(first, second);
        Assert.All([_setup.Mount, _setup["mnt2"]], mount => LinesAreThere(mount, writers));
        await _setup.EqualAsync(first, slave);
        ToolProcess.Run(HostUnderTest.Program, ["compare", _setup.Mount, _setup["mnt2"]]);
        ToolProcess.Run(HostUnderTest.Program, ["compare", _setup["m"], _setup["m2"]]);
        Assert.All([first, second, slave], static host => Assert.DoesNotContain("Stalled", host.Log, StringComparison.Ordinal));
        Assert.Equal((0, 0, 0), (first.Stop(), second.Stop(), slave.Stop()));
    }

    public void Dispose() => _setup.Dispose();

    private static void LinesAreThere(string mount, SharedWriter[] writers)
    {
        for (int log = 0; log < writers[0].Appended.Length; log++)
        {
            string[] found = File.ReadAllLines($"{mount}/log{log}");
            Assert.Equal(writers.SelectMany(writer => writer.Appended[log]).Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
            Assert.All(writers, writer => Assert.Equal(writer.Appended[log], found.Where(line => line.StartsWith(writer.Name + "-", StringComparison.Ordinal))));
        }
    }
}
