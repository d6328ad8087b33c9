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
    public void TheKernelReadsAheadOneMebibyte()
    {
        using FuseMount mount = Mount(byHelper: false);
        Assert.Equal("1024\n", File.ReadAllText($"/sys/class/bdi/0:{mount.Connection}/read_ahead_kb"));
    }

    // Root unmounts by umount2(2): that the helper does it too is seen by calling it.
    [Fact]
    public async Task TheHelperMountsAndUnmounts()
    {
        using FuseMount mount = Mount(byHelper: true);
        Assert.Contains($"{mount.Path} fuse.kafkafs", Mounts(), StringComparison.Ordinal);
        Assert.Equal("0\n", ToolProcess.Shell($"stat -c %s {mount.Path}/file"));
        Assert.True(MountHelper.Unmount(mount.Path));
        Assert.DoesNotContain(_folder.Path, Mounts(), StringComparison.Ordinal);
        await mount.Ended.WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        Assert.False(mount.EndedAbnormally);
        Assert.False(MountHelper.Unmount(mount.Path));
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
        Assert.False(mount.EndedAbnormally);
    }

    // umount -f aborts the connection, and cannot unmount: somebody has it as current directory.
    [Fact]
    public async Task G6_AnAbortFromOutsideLeavesAPathThatCanBeMountedAtOnce()
    {
        using FuseMount mount = Mount(byHelper: false);
        using Process user = Process.Start(new ProcessStartInfo("bash", ["-c", $"cd {mount.Path}; echo there; exec sleep 60"]) { RedirectStandardOutput = true })!;
        Assert.Equal("there", await user.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        ToolProcess.Try("umount", ["-f", mount.Path]);
        await mount.Ended.WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        Assert.True(mount.EndedAbnormally);
        Assert.DoesNotContain(_folder.Path, Mounts(), StringComparison.Ordinal);
        user.Kill();
        using FuseMount again = Mount(byHelper: false);
    }

    [Fact]
    public async Task AMountOfSomebodyElseOnTopIsLeftAlone()
    {
        using FuseMount mount = Mount(byHelper: false);
        ToolProcess.Run("mount", ["-t", "tmpfs", "other", mount.Path]);
        mount.Unmount(TimeSpan.Zero);
        Assert.True(mount.Ended.IsCompleted);
        Assert.Contains($"other {mount.Path} tmpfs", Mounts(), StringComparison.Ordinal);
        ToolProcess.Run("umount", [mount.Path]);
        ToolProcess.Run("umount", ["-l", mount.Path]);
        await mount.Ended;
    }

    [Fact]
    public void AMountpointBehindASymlinkIsUnmountedToo()
    {
        Directory.CreateSymbolicLink(_folder["link"], _folder.Path);
        using (FuseMount mount = Mount(byHelper: false, "link/mnt"))
        {
            Assert.Contains($"{_folder["mnt"]} fuse.kafkafs", Mounts(), StringComparison.Ordinal);
        }

        Assert.DoesNotContain(_folder.Path, Mounts(), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static string Mounts() => File.ReadAllText("/proc/mounts");

    private FuseMount Mount(bool byHelper, string name = "mnt")
    {
        Environments.RequireFuse();
        Environments.Require(!byHelper || File.Exists("/usr/bin/fusermount3"), "there is no fusermount3 (Debian's fuse3)");
        Environments.Require(byHelper || Environment.IsPrivilegedProcess, "mount(2) needs root");
        string path = _folder[name];
        Directory.CreateDirectory(path);
        return FuseMount.Mount(new FuseMountOptions { Mountpoint = path, ForceHelper = byHelper }, _files, NullLogger.Instance);
    }
}
