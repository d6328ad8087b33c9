using KafkaFs.Replica.Tree;

namespace KafkaFs.Replica.Rejoin;

/// <summary>The way back from a refusal by building a replica anew: everything that it has is set aside, nothing is deleted.</summary>
public static class RejoinFromLog
{
    /// <summary>
    /// Leaves an empty data root, which follows no journal, and returns the directory with all that it had; one that was interrupted
    /// goes on. Throws <see cref="DataRootException"/>: in use, or no replica.
    /// </summary>
    public static string SetAside(string dataRoot)
    {
        ReplicaPlace.RequireReplica(dataRoot);
        using DataRoot root = DataRoot.Open(dataRoot);
        return root.SetAside();
    }
}
