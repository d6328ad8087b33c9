using KafkaFs.Replica.Tree;

namespace KafkaFs.Replica.Rejoin;

/// <summary>What a command for people may be given as a data root, looked at before anything is opened: opening makes what is missing.</summary>
internal static class ReplicaPlace
{
    /// <summary>Throws <see cref="DataRootException"/> unless a replica is there, or the rest of one that is being set aside.</summary>
    public static void RequireReplica(string dataRoot)
    {
        string own = Path.Combine(dataRoot, DataRoot.OwnName);
        if (!File.Exists(Path.Combine(own, DataRoot.BindingFile)) && !File.Exists(Path.Combine(own, DataRoot.AsideMark)))
        {
            throw new DataRootException(
                DataRootProblem.NotAReplica,
                Directory.Exists(dataRoot) ? $"'{dataRoot}' is no KafkaFS replica: it follows no journal" : $"data root '{dataRoot}' does not exist");
        }
    }
}
