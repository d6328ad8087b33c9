using System.Diagnostics;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests;

/// <summary>How a master ends, and what is done about one that could not.</summary>
public sealed class StopTests
{
    public StopTests()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
    }

    [Fact]
    public async Task AStopThatTakesLongIsStillCleanAndTheNextStartResumes()
    {
        using Setup setup = Setup.Embedded();
        HostUnderTest master = await setup.Master().ReadyAsync();
        ToolProcess.Shell($"echo x > {setup.Mount}/file");
        using Process shell = Process.Start(new ProcessStartInfo("sleep", ["300"]) { WorkingDirectory = setup.Mount })!;
        Stopwatch watch = Stopwatch.StartNew();
        try
        {
            Assert.Equal(0, master.Stop());
        }
        finally
        {
            shell.Kill();
        }

        Assert.True(watch.Elapsed > TimeSpan.FromSeconds(2.5), "the stop was not held up");
        Assert.True(File.Exists(setup["m/.kafkafs/clean"]));
        master = await setup.Master().ReadyAsync();
        Assert.Contains("Checkpoint at", master.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CleanupTakesAwayTheMountOfADeadMasterAndNoOther()
    {
        using Setup setup = Setup.Embedded();
        HostUnderTest master = await setup.Master().ReadyAsync();
        (int code, _, string error) = ToolProcess.Try(HostUnderTest.Program, ["cleanup", setup.Mount]);
        Assert.Equal(72, code);
        Assert.Contains("its master lives", error, StringComparison.Ordinal);
        master.KillWithCompanion();
        Assert.Contains(setup.Mount, File.ReadAllText("/proc/mounts"), StringComparison.Ordinal);
        Assert.Contains("it is unmounted", ToolProcess.Run(HostUnderTest.Program, ["cleanup", setup.Mount + "/"]), StringComparison.Ordinal);
        Assert.DoesNotContain(setup.Mount, File.ReadAllText("/proc/mounts"), StringComparison.Ordinal);
        Assert.Contains("nothing is mounted", ToolProcess.Run(HostUnderTest.Program, ["cleanup", setup.Mount]), StringComparison.Ordinal);
        Assert.Equal(72, ToolProcess.Try(HostUnderTest.Program, ["cleanup", "/proc"]).Code);
    }

    [Fact]
    public async Task G6_AMountThatIsAbortedFromOutsideEndsTheMasterWithACodeThatStartsItAgain()
    {
        using Setup setup = Setup.Embedded();
        HostUnderTest master = await setup.Master().ReadyAsync();
        ToolProcess.Shell($"exec 3>{setup.Mount}/busy; ! umount -f {setup.Mount} 2>/dev/null");
        Assert.Equal(77, master.WaitForExit());
        Assert.DoesNotContain(setup.Mount, File.ReadAllText("/proc/mounts"), StringComparison.Ordinal);
        await setup.Master().ReadyAsync();
    }

    [Fact]
    public async Task G1_TwoMountsAreComparedByFileIdsAndAllTimesToo()
    {
        using Setup setup = Setup.Embedded();
        HostUnderTest first = await setup.Master().ReadyAsync();
        Directory.CreateDirectory(setup["mnt2"]);
        using Setup other = Setup.Embedded();
        HostUnderTest foreign = await other.Master().ReadyAsync();
        HostUnderTest second = await setup.Master("m2", setup["mnt2"]).ReadyAsync();
        ToolProcess.Shell($"mkdir {setup.Mount}/d; echo x > {setup.Mount}/d/f; touch -d @1 {setup.Mount}/d/f {setup.Mount}/d");
        await Setup.CaughtUpAsync(first, second);
        ToolProcess.Run(HostUnderTest.Program, ["compare", setup.Mount, setup["mnt2"]]);
        ToolProcess.Shell($"mkdir {other.Mount}/before {other.Mount}/d; rmdir {other.Mount}/before; echo x > {other.Mount}/d/f; touch -d @1 {other.Mount}/d/f {other.Mount}/d");
        (int code, string output, _) = ToolProcess.Try(HostUnderTest.Program, ["compare", setup.Mount, other.Mount]);
        Assert.Equal(1, code);
        Assert.Contains("d: FileId ", output, StringComparison.Ordinal);
        Assert.Contains("d/f: ctime ", output, StringComparison.Ordinal);
        Assert.Contains("d/f: btime ", output, StringComparison.Ordinal);
        Assert.Contains(".: mtime ", output, StringComparison.Ordinal);
        Assert.Equal((0, 0, 0), (first.Stop(), second.Stop(), foreign.Stop()));
    }
}
