using KafkaFs.TestKit;
using KafkaFs.TestKit.Files;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests;

/// <summary>Ordinary programs of Debian at work on the mount, each with its own check; tests/soak/programs has more of them, and more of each.</summary>
public sealed class ProgramTests
{
    private static readonly string[] s_programs = ["sqlite", "git", "make", "rsync", "tar", "cpio"];

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(10);

    private static string Check => Path.Combine(Environments.Repository, "tests/programs/check");

    [Fact]
    public async Task ProgramsWorkAndFindWhatTheyLeftAfterARemount()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        using Setup setup = Setup.Embedded();
        LoopFileSystem disk = setup.Use(new LoopFileSystem("tmpfs"));
        (string masterRoot, string slaveRoot) = (disk["m"], disk["s"]);
        HostUnderTest master = await setup.Master(masterRoot).ReadyAsync(), slave = await setup.Slave(slaveRoot).ReadyAsync();
        Run("work", setup.Mount, disk.Path);
        Assert.Equal(0, master.Stop());
        master = await setup.Again(master, () => setup.Master(masterRoot)).ReadyAsync();
        Run("again", setup.Mount, disk.Path);
        await Setup.CaughtUpAsync(master, slave);
        Assert.Equal(0, master.Stop());
        Assert.Equal(0, slave.Stop());
        ToolProcess.Run(HostUnderTest.Program, ["compare", masterRoot, slaveRoot]);
        ToolProcess.Run(HostUnderTest.Program, ["verify", masterRoot, "--content", slaveRoot]);
        ToolProcess.Run(HostUnderTest.Program, ["verify", slaveRoot]);
    }

    [Fact]
    public void AProgramThatIsMissingIsNamedWithItsPackage()
    {
        using TemporaryFolder folder = new();
        (int code, _, string error) = ToolProcess.Try("env", ["PATH=/nowhere", "/bin/bash", Check, "git", "work", folder.Path]);
        Assert.Equal(69, code);
        Assert.Contains("apt-get install --no-install-recommends git", error, StringComparison.Ordinal);
    }

    private static void Run(string phase, string mount, string scratch)
    {
        foreach (string program in s_programs)
        {
            ToolProcess.Run("env", ["KAFKAFS_TEST_QUICK=1", $"TMPDIR={scratch}", Check, program, phase, mount], s_limit);
        }
    }
}
