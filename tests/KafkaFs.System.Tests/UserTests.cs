using KafkaFs.TestKit;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests;

/// <summary>What an ordinary user can do: mount by fusermount3, follow, compare; owners stay in the namespace.</summary>
[Trait("Tier", "user")]
public sealed class UserTests
{
    public UserTests() => Environments.Require(!Environment.IsPrivilegedProcess, "this is for an ordinary user");

    [Fact]
    public async Task AnOrdinaryUserMayRunASlaveWithoutFuse()
    {
        using TemporaryFolder folder = new("/var/tmp");
        using HostUnderTest slave = HostUnderTest.Start(folder["log"], "slave", "--journal", folder["journal.db"], folder["s"]);
        for (int attempt = 0; attempt < 100 && !(await slave.AskAsync("/health/ready")).Contains("does not exist", StringComparison.Ordinal); attempt++)
        {
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        Assert.Contains("does not exist", await slave.AskAsync("/health/ready"), StringComparison.Ordinal);
        Assert.Equal(0, slave.Stop());
    }

    [Fact]
    public async Task AnOrdinaryUserMayMountByTheHelperAndASlaveIsEqual()
    {
        RequireHelper();
        using Setup setup = Setup.Embedded();
        HostUnderTest master = await setup.Master().ReadyAsync(), slave = await setup.Slave().ReadyAsync();
        ToolProcess.Shell($"""
            cd {setup.Mount}; mkdir -p a/b; for i in $(seq 50); do echo $i > a/f$i; done; ln a/f1 a/b/hard; ln -s ../f2 a/b/sym; mkfifo pipe
            chmod 444 a/f3; chmod 400 a/f4; mkdir -m 500 shut; mv a/f5 a/b/moved; rm a/f6; setfattr -n user.x -v 1 a/f7; touch -d @5.5 a/f8
            """);
        await Setup.CaughtUpAsync(master, slave);
        foreach (string tree in (string[])[setup.Mount, setup["m"]])
        {
            string output = ToolProcess.Run(HostUnderTest.Program, ["compare", tree, setup["s"]]);
            Assert.Contains("Ownership=namespace", output, StringComparison.Ordinal);
        }

        Assert.Equal(0, slave.Stop());
        Assert.Equal(0, master.Stop());
        Assert.DoesNotContain(setup.Mount, File.ReadAllText("/proc/mounts"), StringComparison.Ordinal);
    }

    [Fact]
    public void TheDemoOfAnOrdinaryUserEndsEqual()
    {
        RequireHelper();
        using TemporaryFolder folder = new("/var/tmp");
        (int code, string output, string error) = Demo.Try(folder.Path, "--once");
        Assert.True(code == 0, $"ended with {code}:\n{output}{error}");
        Assert.Contains("held differently", output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    // `./test` as root gives the tests of this tier a /dev/fuse of their own.
    private static void RequireHelper()
    {
        Environments.RequireFuse();
        Environments.RequireTool("fusermount3", "fuse3");
        Environments.RequireTool("setfattr", "attr");
        Environments.Require(CanUse("/dev/fuse"), "this user may not use /dev/fuse");
    }

    private static bool CanUse(string device) => ToolProcess.Try("test", ["-r", device, "-a", "-w", device]).Code == 0;
}
