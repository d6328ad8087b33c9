using System.Diagnostics;
using KafkaFs.Fuse.Mount;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Processes;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace KafkaFs.Fuse.Tests.Mount;

/// <summary>The kernel on the other side. Only child processes touch the mounts: this one serves them.</summary>
[Trait("Tier", "mount")]
public sealed class RealMountTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("/var/tmp");
    private readonly OneFile _files = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void LargeWritesAndReadsComeInRequestsOfOneMebibyte(bool byHelper)
    {
        using FuseMount mount = Mount(byHelper);
        ToolProcess.Shell($"head -c 8M /dev/urandom > {_folder["source"]}; dd if={_folder["source"]} of={mount.Path}/file bs=4M status=none");
        Assert.Equal(1024 * 1024, _files.Writes.Max());
        ToolProcess.Shell($"dd if={mount.Path}/file iflag=direct bs=4M status=none | cmp - {_folder["source"]}");
        Assert.Equal(1024 * 1024, _files.Reads.Max());
    }

    [Fact]
    public void TheHelperMountsAndUnmounts()
    {
        using (FuseMount mount = Mount(byHelper: true))
        {
            Assert.Contains($"{mount.Path} fuse.kafkafs", File.ReadAllText("/proc/mounts"), StringComparison.Ordinal);
            Assert.Equal("0\n", ToolProcess.Shell($"stat -c %s {mount.Path}/file"));
        }

        Assert.DoesNotContain(_folder.Path, File.ReadAllText("/proc/mounts"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task G6_AMountWithACallThatWaitsCanBeTakenAway()
    {
        using FuseMount mount = Mount(byHelper: false);
        using Process waiting = Process.Start(new ProcessStartInfo("stat", [$"{mount.Path}/held"]) { RedirectStandardError = true })!;
        await _files.Held.Task.WaitAsync(TestContext.Current.CancellationToken);
        mount.Unmount(TimeSpan.FromMilliseconds(200));
        Assert.True(waiting.WaitForExit(5_000), "The call still waits.");
        Assert.NotEqual(0, waiting.ExitCode);
        Assert.DoesNotContain(_folder.Path, await File.ReadAllTextAsync("/proc/mounts", TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task G6_ACallThatWaitsCanBeInterrupted()
    {
        using FuseMount mount = Mount(byHelper: false);
        using Process waiting = Process.Start(new ProcessStartInfo("stat", [$"{mount.Path}/held"]) { RedirectStandardError = true })!;
        await _files.Held.Task.WaitAsync(TestContext.Current.CancellationToken);
        ToolProcess.Run("kill", ["-TERM", $"{waiting.Id}"]);
        await _files.Interrupted.Task.WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        Assert.True(waiting.WaitForExit(5_000), "The call still waits.");
    }

    [Fact]
    public void ACallThatIsForgottenIsAnsweredWithEio()
    {
        using FuseMount mount = Mount(byHelper: false);
        (int code, _, string error) = ToolProcess.Try("stat", [$"{mount.Path}/forget"]);
        Assert.Equal(1, code);
        Assert.Contains("Input/output error", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnUnmountFromOutsideEndsTheMount()
    {
        using FuseMount mount = Mount(byHelper: false);
        ToolProcess.Run("umount", [mount.Path]);
        await mount.Ended.WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
    }

    public void Dispose() => _folder.Dispose();

    private FuseMount Mount(bool byHelper)
    {
        Environments.RequireFuse();
        Environments.Require(!byHelper || File.Exists("/usr/bin/fusermount3"), "there is no fusermount3 (Debian's fuse3)");
        Environments.Require(byHelper || Environment.IsPrivilegedProcess, "mount(2) needs root");
        string path = _folder["mnt"];
        Directory.CreateDirectory(path);
        return FuseMount.Mount(new FuseMountOptions { Mountpoint = path, ForceHelper = byHelper }, _files, NullLogger.Instance);
    }
}
