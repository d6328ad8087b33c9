using KafkaFs.TestKit;
using KafkaFs.TestKit.Kafka;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests;

/// <summary>The only broker goes away in the middle of work and comes back: calls wait, and what was answered is there.</summary>
[Trait("Tier", "broker")]
public sealed class BrokerRestartTests : IDisposable
{
    private const string Broker = "1";
    private readonly KafkaCluster _cluster;
    private readonly Setup _setup;

    public BrokerRestartTests(OwnBrokerFixture fixture)
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        _cluster = fixture.Cluster;
        _setup = Setup.Kafka(_cluster.Bootstrap, KafkaCluster.NewTopic());
    }

    [Theory]
    [InlineData("stop-broker")]
    [InlineData("kill-broker")]
    public async Task G2_G3_WhatWasAnsweredIsThereAfterTheBrokerWasAway(string end)
    {
        HostUnderTest master = await _setup.Master().ReadyAsync(), slave = await _setup.Slave().ReadyAsync();
        using global::System.Diagnostics.Process work = global::System.Diagnostics.Process.Start("bash", ["-c", AnsweredWork]);
        await AnsweredAsync(30);
        _cluster.Control(end, Broker);
        await Task.Delay(TimeSpan.FromSeconds(4), TestContext.Current.CancellationToken);
        int before = Answered;
        _cluster.Control("start-broker", Broker);
        await AnsweredAsync(before + 30);
        work.Kill(entireProcessTree: true);
        await work.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.False(File.Exists(_setup["failed"]), "A call failed while the broker was away; it has to wait.");
        Assert.All(File.ReadAllLines(_setup["answered"]), name => Assert.True(Directory.Exists(Path.Combine(_setup.Mount, name)), $"{name} was answered and is gone"));
        ToolProcess.Shell($"cd {_setup.Mount} && sha256sum --quiet --check {_setup["synced"]}");
        await _setup.EqualAsync(master, slave);
        Assert.Equal(0, master.Stop());
        Assert.Equal(0, slave.Stop());
    }

    public void Dispose() => _setup.Dispose();

    // What was answered is written down elsewhere right after; content once it is fsynced.
    private string AnsweredWork => $$"""
        cd {{_setup.Mount}} || exit 1
        for i in $(seq 100000); do
          mkdir d$i && echo d$i >>{{_setup["answered"]}} || { touch {{_setup["failed"]}}; exit 1; }
          head -c $((RANDOM * 5)) /dev/urandom >{{_setup["source"]}}; sum=$(sha256sum <{{_setup["source"]}})
          dd if={{_setup["source"]}} of=d$i/data bs=50000 conv=fsync status=none && echo "${sum%% *}  d$i/data" >>{{_setup["synced"]}} || { touch {{_setup["failed"]}}; exit 1; }
        done
        """;

    private int Answered => File.Exists(_setup["synced"]) ? File.ReadAllLines(_setup["synced"]).Length : 0;

    private async Task AnsweredAsync(int count)
    {
        for (int attempt = 0; Answered < count; attempt++)
        {
            Assert.True(attempt < 1_200, $"{Answered} of {count} rounds of work were answered.");
            await Task.Delay(50);
        }
    }
}
