using KafkaFs.Replica.Tree;

namespace KafkaFs.Replica.Rejoin;

/// <summary>What a command for people may be given as a data root, looked at before anything is opened: opening makes what is missing.</summary>
internal static class ReplicaPlace
{
    /// <summary>Throws <see cref="DataRootException"/> unless a directory is there that is no replica, and has nothing of another's in the place of KafkaFS's own.</summary>
    public static void RequireForeign(string dataRoot)
    {
        string own = Path.Combine(dataRoot, DataRoot.OwnName);
        string? why = !Directory.Exists(dataRoot) ? $"'{dataRoot}' does not exist, or is no directory"
            : File.Exists(Path.Combine(own, AdoptionMark.FileName)) ? null
            : File.Exists(Path.Combine(own, DataRoot.BindingFile)) ? $"'{dataRoot}' is a KafkaFS replica already: start a host on it; `kafkafs rejoin --adopt` seeds a new journal from it"
            : Path.Exists(own) && !IsEmptyOwn(own) ? $"'{dataRoot}' has a '{DataRoot.OwnName}', a name that is KafkaFS's own: move it away"
            : null;
        if (why is not null)
        {
            throw new DataRootException(DataRootProblem.NotAReplica, why);
        }
    }

    // A host that was refused, or an import that found what it may not take, has left no more.
    private static bool IsEmptyOwn(string own) =>
        Directory.Exists(own) && Directory.GetFileSystemEntries(own).All(static path => Path.GetFileName(path) is "lock" or "foreign" or "limbo");

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
