using KafkaFs.TestKit;
using KafkaFs.TestKit.Kafka;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests;

/// <summary>
/// Two masters on a real broker, each alone for longer than it takes to let the journal's tail go, and both at once: neither misses a
/// record of the other, and the trees are equal.
/// </summary>
[Trait("Tier", "broker")]
public sealed class TwoWritersTests : IDisposable
{
    private readonly Setup _setup;

    public TwoWritersTests(BrokerFixture fixture)
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        _setup = Setup.Kafka(fixture.Cluster.Bootstrap, KafkaCluster.NewTopic());
    }

    [Fact]
    public async Task MastersThatWriteAloneAndAtOnceMissNothingOfEachOther()
    {
        HostUnderTest one = await _setup.Master().ReadyAsync();
        Directory.CreateDirectory(_setup["mnt2"]);
        HostUnderTest other = await _setup.Master("m2", _setup["mnt2"]).ReadyAsync();
        HostUnderTest slave = await _setup.Slave().ReadyAsync();
        ToolProcess.Shell($$"""
            work() { # MOUNT NAME SECONDS
              cd $1; end=$(( $(date +%s) + $3 )); i=0
              while [ $(date +%s) -lt $end ]; do
                i=$((i + 1)); mkdir $2-$i; echo "$2 $i" >> log; dd if=/dev/urandom of=$2-$i/data bs=50000 count=3 status=none
              done
              echo $i > $2.count
            }
            ( work {{_setup.Mount}} alone 4 ) & sleep 2; mkdir {{_setup["mnt2"]}}/between
            for i in $(seq 50); do test -d {{_setup.Mount}}/between && break; sleep 0.1; done; test -d {{_setup.Mount}}/between; wait
            ( work {{_setup.Mount}} one 4 ) & ( work {{_setup["mnt2"]}} other 4 ) & wait
            ( work {{_setup["mnt2"]}} last 4 )
            """);
        await _setup.EqualAsync(one, slave);
        await Setup.CaughtUpAsync(one, other);
        ToolProcess.Run(HostUnderTest.Program, ["compare", _setup["m"], _setup["m2"]]);
        ToolProcess.Shell($"""
            cd {_setup["mnt2"]}; test $(wc -l < log) -eq $(( $(cat alone.count) + $(cat one.count) + $(cat other.count) + $(cat last.count) ))
            test $(grep -cE '^(alone|one|other|last) [0-9]+$' log) -eq $(wc -l < log)
            """);
        Assert.Equal((0, 0, 0), (one.Stop(), other.Stop(), slave.Stop()));
    }

    public void Dispose() => _setup.Dispose();
}
