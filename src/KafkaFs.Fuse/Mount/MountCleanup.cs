using KafkaFs.Posix.Files;

namespace KafkaFs.Fuse.Mount;

/// <summary>`cleanup MOUNTPOINT`: frees a path from the mount of a dead master; anything else that is mounted there stays.</summary>
public static class MountCleanup
{
    /// <summary>
    /// Takes away the mount that process <paramref name="server"/>, which is ending or gone, has left: who waits in it goes on with an error, and the
    /// process can end. Nothing else that is mounted there is touched; false then.
    /// </summary>
    public static bool RunFor(int server, string path, uint connection) => MountOwners.Clean(path, connection, server);

    // Dead mounts can lie one over the other, but a path where each unmount leaves one more is not ours to understand.
    private const int MaxLayers = 16;

    /// <summary>
    /// Aborts and unmounts dead mounts of KafkaFS at <paramref name="mountpoint"/>, a link to it included. True if nothing is mounted
    /// there in the end; <paramref name="words"/> says for a person what was found and done.
    /// </summary>
    public static bool Run(string mountpoint, out string words)
    {
        string path = RealPath.Of(mountpoint);
        int cleaned = 0;
        while (cleaned < MaxLayers && MountTable.Find(path) is MountEntry entry)
        {
            if (!MountTable.IsStale(entry))
            {
                words = entry.Type == MountTable.OwnType
                    ? $"'{path}' is mounted, and its master lives: it stays (umount ends it)"
                    : $"'{path}' is not KafkaFS's (type {entry.Type}): it stays";
                return false;
            }

            if (!MountTable.Clean(entry))
            {
                words = $"'{path}' is the mount of a dead master, and this user may not unmount it";
                return false;
            }

            cleaned++;
        }

        words = cleaned > 0 ? $"'{path}' was the mount of a dead master: it is unmounted" : $"nothing is mounted on '{path}'";
        return MountTable.Find(path) is null;
    }
}
