using KafkaFs.System.Tests.Faults;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Kafka;
using KafkaFs.TestKit.Kafka.Proxy;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests.TwoMasters;

/// <summary>Calls that carry names only, whose names are something else by the time of their record.</summary>
public sealed class StaleNameTests
{
    // The kernel moves what it had under the name, which no notification names any more.
    [Fact]
    [Trait("Tier", "broker")]
    public async Task G5_ARenameOfWhatAnotherMasterReplacedBeforeShowsWhatTheLogSays()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        CancellationToken stop = TestContext.Current.CancellationToken;
        using ProxiedCluster cluster = ProxiedCluster.Start();
        using Setup setup = Setup.Kafka(cluster.Bootstrap, KafkaCluster.NewTopic());
        Directory.CreateDirectory(setup["mnt2"]);
        HostUnderTest one = await setup.Master().ReadyAsync(), other = await setup.Master("m2", setup["mnt2"]).ReadyAsync();
        ToolProcess.Shell($"echo old > {setup.Mount}/a; cat {setup.Mount}/a");
        await Setup.CaughtUpAsync(one, other);
        HoldAppends hold = new();
        cluster.Faults = hold;
        Task renaming = Task.Run(() => File.Move($"{setup.Mount}/a", $"{setup.Mount}/b"), stop);
        await cluster.Proxy.HeldAsync();
        hold.IsOver = true;
        ToolProcess.Shell($"echo new > {setup["mnt2"]}/t; mv {setup["mnt2"]}/t {setup["mnt2"]}/a", TimeSpan.FromSeconds(20));
        ToolProcess.Shell($"for i in $(seq 100); do grep -qx new {setup["m/a"]} && break; sleep 0.1; done; grep -qx new {setup["m/a"]}", TimeSpan.FromSeconds(20));
        cluster.Proxy.Release();
        await renaming.WaitAsync(TimeSpan.FromSeconds(20), stop);
        Assert.Equal("new\n", await File.ReadAllTextAsync(setup["m/b"], stop));
        // By the name: a listing would tell the kernel.
        ToolProcess.Shell($"for i in $(seq 30); do grep -qx new {setup.Mount}/b && break; sleep 0.1; done; grep -x new {setup.Mount}/b", TimeSpan.FromSeconds(20));
    }
}
