using KafkaFs.TestKit;
using KafkaFs.TestKit.Kafka;
using KafkaFs.TestKit.Processes;
using Xunit;

[assembly: AssemblyFixture(typeof(KafkaFs.System.Tests.BrokerFixture))]
[assembly: AssemblyFixture(typeof(KafkaFs.System.Tests.OwnBrokerFixture))]

namespace KafkaFs.System.Tests;

/// <summary>One broker for all tests of this assembly, started by the first one that needs it.</summary>
public sealed class BrokerFixture : IDisposable
{
    private readonly Lazy<KafkaCluster> _cluster = new(KafkaCluster.Start);

    public KafkaCluster Cluster => _cluster.Value;

    public void Dispose()
    {
        if (_cluster.IsValueCreated)
        {
            _cluster.Value.Dispose();
        }
    }
}

/// <summary>Real processes, a real mount: what is done on the mount is the same in every tree.</summary>
public abstract class ReplicationTests
{
    internal const string Work = """
        mkdir -p tree/a/b; for i in $(seq 200); do echo "file $i" > tree/a/f$i; done
        ln tree/a/f1 tree/a/b/hard; ln -s ../f2 tree/a/b/sym; mkfifo tree/pipe
        mv tree/a/f3 tree/a/b/moved; mv tree/a tree/renamed; rm tree/renamed/f4; chmod 4755 tree/renamed/f5
        touch -d @1234567890.123456789 tree/renamed/f6; truncate -s 1000000 tree/renamed/f7
        echo more >> tree/renamed/f8; dd if=/dev/urandom of=tree/big bs=1M count=5 status=none
        setfattr -n user.note -v hello tree/renamed/f9; mkdir tree/gone; rmdir tree/gone
        """;

    [Fact]
    public async Task G1_AMountAndASlaveAreTheSameAfterOrdinaryWork()
    {
        using Setup setup = NewSetup();
        HostUnderTest master = await setup.Master().ReadyAsync(), slave = await setup.Slave().ReadyAsync();
        ToolProcess.Shell($"cd {setup.Mount}; {Work}");
        await setup.EqualAsync(master, slave);
        Assert.Equal(0, master.Stop());
        Assert.Equal(0, slave.Stop());
        Assert.DoesNotContain(setup.Mount, File.ReadAllText("/proc/mounts"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ACleanStopResumesFromTheCheckpoint()
    {
        using Setup setup = NewSetup();
        HostUnderTest master = await setup.Master().ReadyAsync(), slave = await setup.Slave().ReadyAsync();
        ToolProcess.Shell($"cd {setup.Mount}; {Work}");
        Assert.Equal(0, slave.Stop());
        Assert.Equal(0, master.Stop());
        master = await setup.Master().ReadyAsync();
        Assert.Contains("Checkpoint at", master.Log, StringComparison.Ordinal);
        ToolProcess.Shell($"cd {setup.Mount}; echo again > again; cat tree/renamed/f8 | grep more; rm -r tree/renamed/b");
        slave = await setup.Slave().ReadyAsync();
        await setup.EqualAsync(master, slave);
    }

    [Fact]
    public async Task ALateSlaveAndAnEmptyMasterEndEqual()
    {
        using Setup setup = NewSetup();
        HostUnderTest master = await setup.Master().ReadyAsync();
        ToolProcess.Shell($"cd {setup.Mount}; {Work}");
        HostUnderTest slave = await setup.Slave().ReadyAsync();
        await setup.EqualAsync(master, slave);
        string second = setup["mnt2"];
        Directory.CreateDirectory(second);
        HostUnderTest other = await setup.Master("m2", second).ReadyAsync();
        ToolProcess.Run(HostUnderTest.Program, ["compare", setup.Mount, second]);
        ToolProcess.Shell($"echo from the second > {second}/second; mkdir {second}/dir2; echo x >> {second}/tree/renamed/f10");
        await Setup.CaughtUpAsync(other, master);
        await setup.EqualAsync(master, slave);
        Assert.Equal(0, other.Stop());
    }

    [Fact]
    public async Task AnUnlinkedFileStaysReadableAndWritableWhileItIsOpen()
    {
        using Setup setup = NewSetup();
        HostUnderTest master = await setup.Master().ReadyAsync(), slave = await setup.Slave().ReadyAsync();
        string output = ToolProcess.Shell($"""
            cd {setup.Mount}; echo first > f; exec 3<>f 4<f; rm f; echo second >&3; cat <&4; stat -L -c '%h %s' /proc/self/fd/4
            """);
        Assert.Equal("second\n0 7\n", output);
        await setup.EqualAsync(master, slave);
    }

    [Fact]
    public async Task FilesAreReadWrittenAndMappedWhileTheirDirectoryIsRenamed()
    {
        using Setup setup = NewSetup();
        HostUnderTest master = await setup.Master().ReadyAsync(), slave = await setup.Slave().ReadyAsync();
        ToolProcess.Shell($$"""
            cd {{setup.Mount}}; mkdir d; ( for i in $(seq 300); do echo line $i; done > d/log ) & writer=$!
            for i in $(seq 20); do mv d e; mv e d; done; wait $writer; test $(wc -l < d/log) = 300
            """);
        await setup.EqualAsync(master, slave);
    }

    private protected abstract Setup NewSetup();
}

public sealed class EmbeddedReplicationTests : ReplicationTests
{
    private protected override Setup NewSetup()
    {
        Environments.RequireTool("setfattr", "attr");
        Environments.RequireFuse();
        Environments.RequireRoot();
        return Setup.Embedded();
    }
}

[Trait("Tier", "broker")]
public sealed class KafkaReplicationTests(BrokerFixture fixture) : ReplicationTests
{
    private protected override Setup NewSetup()
    {
        Environments.RequireTool("setfattr", "attr");
        Environments.RequireFuse();
        Environments.RequireRoot();
        return Setup.Kafka(fixture.Cluster.Bootstrap, KafkaCluster.NewTopic());
    }
}
