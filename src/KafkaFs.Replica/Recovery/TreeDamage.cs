using KafkaFs.Journal;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Tree;

namespace KafkaFs.Replica.Recovery;

/// <summary>A tree that no recovery can complete, since what it held at its checkpoint is gone by another hand or a damaged disk.</summary>
internal static class TreeDamage
{
    /// <summary>An object that the checkpoint had, and that the namespace still has, is nowhere; <paramref name="unseen"/> says what the search was refused.</summary>
    public static DataRootException Missing(TreePlace place, NamespaceState state, FileId inode, string? unseen = null)
    {
        Span<byte> buffer = stackalloc byte[NativeLimits.PathBytes];
        string path = System.Text.Encoding.UTF8.GetString(state.CopyPath(inode, buffer, cut: true));
        return Found(place, $"'{path}' (inode {inode}), which it held at its checkpoint, is nowhere in it{(unseen is null ? "" : $" (not all of it could be searched: {unseen})")}");
    }

    /// <summary>Something else that no crash leaves.</summary>
    public static DataRootException Found(TreePlace place, string what) => new(
        DataRootProblem.TreeDamaged, $"data root '{place.Path}' is damaged: {what}; {DataRoot.RepairAdvice}");
}
