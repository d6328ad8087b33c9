using KafkaFs.Posix;

namespace KafkaFs.Replica.Tree;

/// <summary>An error of syncfs(2) is final: Linux marks the pages clean, and the next call would succeed and lose data.</summary>
internal static class TreeSync
{
    public static DataRootException Failed(TreePlace place, Errno errno) => new(
        DataRootProblem.Unusable,
        $"data root '{place.Path}' could not be made durable ({errno}): no checkpoint is written; see to the disk, and start again to recover");
}
