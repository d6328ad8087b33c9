using System.Diagnostics;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests;

/// <summary>`kafkafs demo`: it does the main job, and whatever ends it, nothing is left.</summary>
public sealed class DemoTests : IDisposable
{
    // The demo makes its folder below TMPDIR: here, so that what it leaves is seen.
    private readonly TemporaryFolder _folder = new("/var/tmp");

    public DemoTests()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
    }

    [Fact]
    public void OnceItEndsEqualAndLeavesNothing()
    {
        (int code, string output, string error) = Demo.Try(_folder.Path, "--once", Source());
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("renamed the tree", output, StringComparison.Ordinal);
        Assert.Contains("equal", output, StringComparison.Ordinal);
        Assert.Contains("1 left out", output, StringComparison.Ordinal);
        AssertNothingIsLeft();
    }

    [Fact]
    public void PlainLinesAreNotWrapped()
    {
        string output = Demo.Try(_folder.Path, "--once", Source()).Output;
        Assert.Contains(output.Split('\n'), line => line.StartsWith("Everything is in", StringComparison.Ordinal) && line.EndsWith("embedded.", StringComparison.Ordinal) && line.Length > 80);
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("empty")]
    public void AFolderThatIsMissingOrEmptyIsAUsageErrorBeforeAnythingStarts(string name)
    {
        Directory.CreateDirectory(_folder["empty"]);
        (int code, string output, string error) = Demo.Try(_folder.Path, _folder[name]);
        Assert.Equal((64, ""), (code, output));
        Assert.Contains($"FOLDER '{_folder[name]}'", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Everything is in", 0)]
    [InlineData("Everything is in", 700)]
    [InlineData("has mounted", 0)]
    [InlineData("Copying", 300)]
    [InlineData("renamed the tree", 0)]
    [InlineData("Try in another terminal", 0)]
    public async Task CtrlCAtAnyMomentLeavesNothing(string line, int delayMs)
    {
        using Demo demo = Demo.Start(_folder.Path);
        await demo.SaysAsync(line);
        await Task.Delay(delayMs, TestContext.Current.CancellationToken);
        demo.Interrupt();
        demo.WaitForExit(TimeSpan.FromSeconds(60));
        AssertNothingIsLeft();
    }

    [Fact]
    public async Task CtrlCWhileAShellIsInTheMountLeavesNothing()
    {
        using Demo demo = Demo.Start(_folder.Path, Source());
        await demo.SaysAsync("Try in another terminal");
        using Process shell = Process.Start(new ProcessStartInfo("sleep", ["300"]) { WorkingDirectory = Path.Combine(demo.Home, "mnt") })!;
        try
        {
            demo.Interrupt();
            Assert.Equal(0, demo.WaitForExit(TimeSpan.FromSeconds(60)));
            AssertNothingIsLeft();
        }
        finally
        {
            shell.Kill();
        }
    }

    public void Dispose()
    {
        ToolProcess.Shell($"awk '$2 ~ \"^{_folder.Path}/\" {{print $2}}' /proc/mounts | xargs -r -n 1 umount -l");
        _folder.Dispose();
    }

    private string Source()
    {
        ToolProcess.Shell($"mkdir -p {_folder["source"]}/empty; cd {_folder["source"]}; for i in $(seq 30); do echo $i > f$i; done; mkfifo pipe; ln -s / all; chmod 444 f3");
        return _folder["source"];
    }

    private void AssertNothingIsLeft()
    {
        Assert.Empty(Directory.GetDirectories(_folder.Path, "kafkafs-demo-*"));
        Assert.DoesNotContain(_folder.Path, File.ReadAllText("/proc/mounts"), StringComparison.Ordinal);
        Assert.DoesNotContain(
            Directory.GetFiles("/proc", "cmdline", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1, IgnoreInaccessible = true }),
            file => CommandLine(file).Contains($"{_folder.Path}/kafkafs-demo-", StringComparison.Ordinal));
    }

    private static string CommandLine(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (IOException)
        {
            return "";
        }
    }
}

[Trait("Tier", "broker")]
public sealed class KafkaDemoTests(BrokerFixture fixture)
{
    [Fact]
    public void OnKafkaTheTopicIsDeletedAtTheEnd()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        using TemporaryFolder folder = new("/var/tmp");
        File.WriteAllText(Directory.CreateDirectory(folder["source"]).FullName + "/file", "x");
        (int code, string output, string error) = Demo.Try(folder.Path, "--once", "--broker", fixture.Cluster.Bootstrap, folder["source"]);
        Assert.Equal((0, ""), (code, error));
        string topic = output.Split(' ').First(word => word.StartsWith("kafkafs-demo-", StringComparison.Ordinal));
        (code, _, error) = ToolProcess.Try(HostUnderTest.Program, ["log", "--broker", fixture.Cluster.Bootstrap, topic]);
        Assert.Equal(76, code);
        Assert.Contains("does not exist", error, StringComparison.Ordinal);
    }
}
