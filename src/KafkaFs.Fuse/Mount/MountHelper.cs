using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using KafkaFs.Posix;
using KafkaFs.Posix.Mounting;

namespace KafkaFs.Fuse.Mount;

/// <summary>fusermount3(1), the setuid helper that mounts for ordinary users and passes the device's descriptor back.</summary>
internal static class MountHelper
{
    public const string Program = "fusermount3";

    /// <summary>Mounts and returns the descriptor of /dev/fuse.</summary>
    public static SafeFd Mount(string mountpoint, string options)
    {
        Errno errno = MountCalls.SocketPair(out SafeFd ours, out SafeFd theirs);
        if (errno != Errno.None)
        {
            throw new FuseUnavailableException(FuseProblem.NoFuse, $"no socket for {Program}: {errno}");
        }

        using (ours)
        {
            using Process helper = Start(["-o", options, "--", mountpoint], theirs);
            theirs.Dispose();
            errno = MountCalls.ReceiveDescriptor(ours, out SafeFd device);
            string words = helper.StandardError.ReadToEnd().Trim();
            helper.WaitForExit();
            return errno == Errno.None
                ? device
                : throw new FuseUnavailableException(FuseProblem.NoFuse, $"{Program} did not mount '{mountpoint}': {words}");
        }
    }

    /// <summary>Unmounts lazily; false if the helper is missing or refuses.</summary>
    public static bool Unmount(string mountpoint)
    {
        try
        {
            using Process helper = Start(["-u", "-z", "--", mountpoint], null);
            helper.StandardError.ReadToEnd();
            helper.WaitForExit();
            return helper.ExitCode == 0;
        }
        catch (FuseUnavailableException)
        {
            return false;
        }
    }

    private static Process Start(string[] arguments, SafeFd? channel)
    {
        ProcessStartInfo start = new(Program, arguments) { RedirectStandardError = true };
        if (channel is not null)
        {
            start.Environment["_FUSE_COMMFD"] = channel.Number.ToString(CultureInfo.InvariantCulture);
        }

        try
        {
            return Process.Start(start) ?? throw new FuseUnavailableException(FuseProblem.NoFuse, $"{Program} did not start");
        }
        catch (Win32Exception exception)
        {
            throw new FuseUnavailableException(
                FuseProblem.NoFuse, $"{Program} cannot be run ({exception.Message}): install Debian's package fuse3, or run as root");
        }
    }
}
