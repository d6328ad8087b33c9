using KafkaFs.Fuse.Abi;
using KafkaFs.Fuse.Mount;
using Microsoft.Extensions.Logging.Abstractions;

namespace KafkaFs.Fuse.Tests.Mount;

/// <summary>This program as a server that is going to be killed: it says when it has mounted, and when a notification of it is blocked.</summary>
internal static class ServerProcess
{
    public const string Command = "serve-held-calls";

    public static async Task<int> RunAsync(string mountpoint)
    {
        HeldCalls files = new();
        FuseMount mount = FuseMount.Mount(new FuseMountOptions { Mountpoint = mountpoint }, files, NullLogger.Instance);
        await Console.Out.WriteLineAsync("mounted");
        await files.Held.Task;
        Task notification = BlockedNotification.Start(() => mount.Notifications.InvalidateName(NodeId.Root, "other"u8, expireOnly: false));
        await Console.Out.WriteLineAsync("blocked");
        await notification;
        return 0;
    }
}
