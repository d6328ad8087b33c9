using KafkaFs.Posix;

namespace KafkaFs.Replica.Tree;

/// <summary>An error of syncfs(2) is final: Linux marks the pages clean, and the next call would succeed and lose data.</summary>
internal static class TreeSync
{
    /// <summary>Everything that was done so far is durable when it returns. Throws <see cref="DataRootException"/>, finally.</summary>
    public static void Run(TreePlace place)
    {
        Errno errno = place.Calls.SyncFileSystem(place.Root);
        if (errno != Errno.None)
        {
            throw new DataRootException(
                DataRootProblem.Unusable,
                $"data root '{place.Path}' could not be made durable ({errno}): no checkpoint is written; see to the disk, and start again to recover");
        }
    }
}
