using KafkaFs.Replica.Tree;

namespace KafkaFs.Replica.Checkpoint;

/// <summary>`.kafkafs/clean`: the tree is what the checkpoint says. Removed before the first change of a run, left by its clean stop.</summary>
internal static class CleanMark
{
    public static bool IsThere(IReplicaDisk disk) => disk.ReadStateFile(DataRoot.CleanFile) is not null;

    public static void Write(IReplicaDisk disk) => disk.WriteStateFile(DataRoot.CleanFile, "clean"u8);

    public static void Remove(IReplicaDisk disk) => disk.RemoveStateFile(DataRoot.CleanFile);
}
