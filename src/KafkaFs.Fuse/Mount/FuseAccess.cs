using KafkaFs.Posix;
using KafkaFs.Posix.Files;

namespace KafkaFs.Fuse.Mount;

/// <summary>Whether this process could mount at all, found out without changing anything.</summary>
internal static class FuseAccess
{
    private const int SysAdmin = 21;

    /// <summary>Throws <see cref="FuseUnavailableException"/> with what is missing.</summary>
    public static void Require()
    {
        if (ProcessCalls.IsRoot)
        {
            RequireDevice();
            RequireCapability();
        }
        else
        {
            RequireHelper();
        }
    }

    // Opening /dev/fuse makes no connection; only a mount does.
    private static void RequireDevice()
    {
        Errno errno = FileCalls.Open(null, "/dev/fuse"u8, OpenFlags.ReadWrite, 0, out SafeFd device);
        if (errno != Errno.None)
        {
            throw Missing($"/dev/fuse cannot be opened ({errno}): load the module fuse (modprobe fuse); a container needs --device /dev/fuse and CAP_SYS_ADMIN");
        }

        device.Dispose();
    }

    private static void RequireCapability()
    {
        if ((ProcessCalls.EffectiveCapabilities >> SysAdmin & 1) == 0)
        {
            throw Missing("this process may not mount: it lacks CAP_SYS_ADMIN");
        }
    }

    private static void RequireHelper()
    {
        if (!File.Exists("/dev/fuse"))
        {
            throw Missing("there is no /dev/fuse: load the module fuse (modprobe fuse)");
        }

        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        if (!folders.Any(folder => File.Exists(Path.Combine(folder, MountHelper.Program))))
        {
            throw Missing($"there is no {MountHelper.Program}, which mounts for ordinary users: install Debian's package fuse3, or run as root");
        }
    }

    private static FuseUnavailableException Missing(string what) => new(FuseProblem.NoFuse, what);
}
