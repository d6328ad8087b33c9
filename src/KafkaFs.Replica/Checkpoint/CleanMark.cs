namespace KafkaFs.Replica.Checkpoint;

/// <summary>`.kafkafs/clean`: the tree is what the checkpoint says. Removed before the first change of a run, left by its clean stop.</summary>
internal static class CleanMark
{
    private const string FileName = "clean";

    public static bool IsThere(IReplicaDisk disk) => disk.ReadStateFile(FileName) is not null;

    public static void Write(IReplicaDisk disk) => disk.WriteStateFile(FileName, "clean"u8);

    public static void Remove(IReplicaDisk disk) => disk.RemoveStateFile(FileName);
}
