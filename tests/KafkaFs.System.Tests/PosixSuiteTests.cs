using KafkaFs.TestKit;
using KafkaFs.TestKit.Files;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests;

/// <summary>Calls, errors and attributes of the mount are those of a local filesystem, by one suite for both.</summary>
public sealed class PosixSuiteTests
{
    [Fact]
    public void ALocalFilesystemPassesIt()
    {
        using LoopFileSystem local = new("tmpfs");
        PosixSuite.Holds(local.Path, "tmpfs");
    }

    [Fact]
    public async Task TheMountPassesIt()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        using Setup setup = Setup.Embedded();
        HostUnderTest master = await setup.Master(setup.Use(new LoopFileSystem("tmpfs"))["m"]).ReadyAsync();
        HostUnderTest slave = await setup.Slave(setup.Use(new LoopFileSystem("tmpfs"))["s"]).ReadyAsync();
        PosixSuite.Holds(setup.Mount, "kafkafs");
        await Setup.CaughtUpAsync(master, slave);
        Assert.Equal(0, master.Stop());
        Assert.Equal(0, slave.Stop());
    }
}
