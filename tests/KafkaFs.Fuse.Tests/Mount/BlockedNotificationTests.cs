using System.Diagnostics;
using KafkaFs.Fuse.Abi;
using KafkaFs.Fuse.Mount;
using KafkaFs.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace KafkaFs.Fuse.Tests.Mount;

/// <summary>
/// A notification that waits in the kernel, unkillable, for a lock of a call that waits for us: it keeps the device open. Only child
/// processes touch the mounts.
/// </summary>
[Trait("Tier", "mount")]
public sealed class BlockedNotificationTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);

    private readonly TemporaryFolder _folder = new("/var/tmp");
    private readonly HeldCalls _files = new();

    [Fact]
    public Task G6_APendingMkdirAndTheInvalidationOfANameBesideItCanBeTakenAway() => TakenAwayAsync(
        ["mkdir", $"{_folder["mnt"]}/held"], static mount => mount.Notifications.InvalidateName(NodeId.Root, "other"u8, expireOnly: false));

    // A part of a page that was not read yet: the page stays locked until the answer.
    [Fact]
    public Task G6_APendingWriteAndTheInvalidationOfItsPagesCanBeTakenAway() => TakenAwayAsync(
        ["dd", "if=/dev/zero", $"of={_folder["mnt"]}/file", "bs=100", "count=1", "conv=notrunc", "status=none"],
        static mount => mount.Notifications.InvalidateNode(HeldCalls.File, content: true));

    // A killed process does not end while one of its threads waits like that: something outside has to abort the connection.
    [Fact]
    public async Task G6_AKilledServerWithABlockedNotificationEndsWhenItsMountIsCleanedFromOutside()
    {
        Require();
        using Process server = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [ServerProcess.Command, _folder["mnt"]])
        {
            RedirectStandardOutput = true,
        })!;
        Assert.Equal("mounted", await server.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        using Process caller = Start("mkdir", $"{_folder["mnt"]}/held");
        Assert.Equal("blocked", await server.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        server.Kill();
        MountTable.Clean(MountTable.Find(_folder["mnt"])!);
        Assert.True(server.WaitForExit(s_limit), "The server's process is still there.");
        Assert.True(caller.WaitForExit(s_limit), "The caller still waits.");
        MountAgain();
    }

    public void Dispose() => _folder.Dispose();

    private async Task TakenAwayAsync(string[] call, Action<FuseMount> notify)
    {
        Require();
        using FuseMount mount = FuseMount.Mount(new FuseMountOptions { Mountpoint = _folder["mnt"] }, _files, NullLogger.Instance);
        using Process caller = Start(call[0], call[1..]);
        await _files.Held.Task.WaitAsync(s_limit, TestContext.Current.CancellationToken);
        Task notification = BlockedNotification.Start(() => notify(mount));
        Stopwatch watch = Stopwatch.StartNew();
        mount.Unmount(TimeSpan.Zero);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, s_limit);
        await notification.WaitAsync(s_limit, TestContext.Current.CancellationToken);
        Assert.True(caller.WaitForExit(s_limit), "The caller still waits.");
        Assert.NotEqual(0, caller.ExitCode);
        MountAgain();
    }

    private void MountAgain()
    {
        using FuseMount again = FuseMount.Mount(new FuseMountOptions { Mountpoint = _folder["mnt"] }, new HeldCalls(), NullLogger.Instance);
    }

    private static Process Start(string program, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;

    private void Require()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        Directory.CreateDirectory(_folder["mnt"]);
    }
}
