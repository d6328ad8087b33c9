using System.Diagnostics;
using KafkaFs.Fuse.Mount;
using KafkaFs.Posix.Processes;
using KafkaFs.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace KafkaFs.Fuse.Tests.Mount;

/// <summary>A process that ends with a file open flushes it, and no signal reaches it any more: only /proc tells that nobody wants the answer.</summary>
[Trait("Tier", "mount")]
public sealed class EndingCallerTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);

    private readonly TemporaryFolder _folder = new("/var/tmp");
    private readonly HeldCalls _files = new() { HoldsFlush = true };

    [Theory]
    [InlineData("exit 0", true)]
    [InlineData("kill -KILL $$", true)]
    [InlineData("exec 3<&-", false)]
    public async Task G6_AFlushOfAProcessThatEndsIsToldFromOneOfAClose(string what, bool isEnding)
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        using FuseMount mount = FuseMount.Mount(new FuseMountOptions { Mountpoint = Directory.CreateDirectory(_folder["mnt"]).FullName }, _files, NullLogger.Instance);
        using Process caller = Process.Start("bash", ["-c", $"exec 3>{mount.Path}/file; {what}; sleep 0"]);
        uint thread = await _files.Flushing.Task.WaitAsync(s_limit, TestContext.Current.CancellationToken);
        Assert.Equal((uint)caller.Id, thread);
        Assert.Equal(isEnding, ProcessStat.IsCallerEnding(thread));
        mount.Unmount(TimeSpan.Zero);
        Assert.True(caller.WaitForExit(s_limit), "The caller still waits.");
        Assert.False(ProcessStat.IsCallerEnding(thread), "It is gone, or hidden from this process.");
        Assert.False(ProcessStat.IsCallerEnding((uint)Environment.ProcessId));
        Assert.False(ProcessStat.IsCallerEnding(0));
    }

    public void Dispose() => _folder.Dispose();
}
