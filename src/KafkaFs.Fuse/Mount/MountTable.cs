using System.Globalization;
using System.Text;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Posix.Mounting;

namespace KafkaFs.Fuse.Mount;

/// <summary>A line of /proc/self/mountinfo.</summary>
/// <param name="Mountpoint">Path of the mount.</param>
/// <param name="Type">Filesystem type, `fuse.kafkafs` for ours.</param>
/// <param name="DeviceMinor">Minor number of st_dev: for FUSE the number of the connection in /sys/fs/fuse/connections.</param>
public sealed record MountEntry(string Mountpoint, string Type, uint DeviceMinor);

/// <summary>What is mounted, read without touching any mount.</summary>
public static class MountTable
{
    /// <summary>Filesystem type of our mounts.</summary>
    public const string OwnType = "fuse.kafkafs";

    /// <summary>The topmost mount at exactly this path, or null; the path must be free of links (<see cref="RealPath"/>).</summary>
    public static MountEntry? Find(string path) => Read().LastOrDefault(entry => entry.Mountpoint == path);

    /// <summary>All mounts, in the order of the kernel.</summary>
    public static IEnumerable<MountEntry> Read() =>
        // Not ReadLines: a carriage return in a path is not escaped, and ends no line.
        File.ReadAllText("/proc/self/mountinfo", Encoding.Latin1).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse);

    /// <summary>
    /// A mount of KafkaFS whose server is gone: everything on it answers ENOTCONN, or hangs if the server could not end
    /// (<see cref="MountOwners"/>). Asked by statfs, which the kernel does not answer from its cache. Others' dead mounts are theirs.
    /// </summary>
    public static bool IsStale(MountEntry entry)
    {
        if (entry.Type != OwnType)
        {
            return false;
        }

        if (MountOwners.IsDead(entry))
        {
            return true;
        }

        Errno errno = FileCalls.Open(null, Encoding.UTF8.GetBytes(entry.Mountpoint), OpenFlags.PathOnly, 0, out SafeFd root);
        if (errno == Errno.None)
        {
            using (root)
            {
                errno = DescriptorCalls.StatFileSystem(root, out _);
            }
        }

        return errno is Errno.ENOTCONN or Errno.ECONNABORTED;
    }

    /// <summary>
    /// Aborts the connection and unmounts lazily: processes that wait on it go on with an error. False if this user may not.
    /// </summary>
    public static bool Clean(MountEntry entry)
    {
        Abort(entry.DeviceMinor);
        return MountCalls.AbortAndUnmount(entry.Mountpoint) == Errno.None || MountHelper.Unmount(entry.Mountpoint);
    }

    /// <summary>Ends a connection from outside; nothing happens if it is gone, or not ours.</summary>
    public static void Abort(uint connection) => Set($"/sys/fs/fuse/connections/{connection}/abort", "1"u8);

    /// <summary>
    /// Lets the kernel read further ahead in the files of a mount than the 128 KiB that INIT can ask for; nothing happens for who may not (an ordinary
    /// user, a container whose /sys is read-only).
    /// </summary>
    internal static void RaiseReadAhead(uint connection) => Set($"/sys/class/bdi/0:{connection}/read_ahead_kb", "1024"u8);

    private static void Set(FormattableString control, ReadOnlySpan<byte> value)
    {
        if (FileCalls.Open(null, Encoding.UTF8.GetBytes(control.ToString(CultureInfo.InvariantCulture)), OpenFlags.WriteOnly, 0, out SafeFd fd) == Errno.None)
        {
            using (fd)
            {
                MountCalls.Write(fd, value);
            }
        }
    }

    internal static MountEntry Parse(string line)
    {
        string[] fields = line.Split(' ');
        int separator = Array.IndexOf(fields, "-", 6);
        string minor = fields[2][(fields[2].IndexOf(':', StringComparison.Ordinal) + 1)..];
        return new MountEntry(Unescape(fields[4]), fields[separator + 1], uint.Parse(minor, CultureInfo.InvariantCulture));
    }

    // The kernel writes space, tab, newline and backslash as \040 and so on; the rest are the path's bytes.
    private static string Unescape(string field)
    {
        List<byte> bytes = [];
        for (int index = 0; index < field.Length; index++)
        {
            if (field[index] == '\\' && index + 3 < field.Length)
            {
                bytes.Add(Convert.ToByte(field.Substring(index + 1, 3), 8));
                index += 3;
            }
            else
            {
                bytes.Add((byte)field[index]);
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }
}
