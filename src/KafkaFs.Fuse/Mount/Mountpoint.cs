using System.Text;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;

namespace KafkaFs.Fuse.Mount;

/// <summary>Looks at a mountpoint before it is used.</summary>
public static class Mountpoint
{
    /// <summary>
    /// Refuses what cannot be mounted on, and a machine or user that cannot mount, in words (<see cref="FuseUnavailableException"/>),
    /// before anything is changed; a dead mount of our own is cleaned, and <paramref name="cleaned"/> says so. Returns the absolute path
    /// without links.
    /// </summary>
    public static string Prepare(string path, out bool cleaned)
    {
        string full = RealPath.Of(path);
        cleaned = false;
        FuseAccess.Require();
        if (MountTable.Find(full) is MountEntry mounted)
        {
            if (!MountTable.IsStale(mounted))
            {
                throw Refuse(full, $"something is mounted there already (type {mounted.Type}): unmount it first");
            }

            cleaned = MountTable.Clean(mounted) ? true : throw Refuse(full, "it is the mount of a dead master, and this user may not unmount it");
        }

        Errno errno = FileCalls.Open(null, Encoding.UTF8.GetBytes(full), OpenFlags.ReadOnly | OpenFlags.Directory, 0, out SafeFd directory);
        switch (errno)
        {
            case Errno.None:
                break;
            case Errno.ENOENT:
                throw Refuse(full, "it does not exist: create the directory first");
            case Errno.ENOTDIR:
                throw Refuse(full, "it is not a directory");
            default:
                throw Refuse(full, $"it cannot be opened ({errno})");
        }

        using (directory)
        {
            DirectoryReader reader = new(directory);
            if (reader.TryRead(out _))
            {
                throw Refuse(full, $"it is not empty (it holds '{Encoding.UTF8.GetString(reader.Name)}'): name an empty directory");
            }
        }

        return full;
    }

    private static FuseUnavailableException Refuse(string path, string why) =>
        new(FuseProblem.Mountpoint, $"'{path}' cannot be a mountpoint: {why}");
}
