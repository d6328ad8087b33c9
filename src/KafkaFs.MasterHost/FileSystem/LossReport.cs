namespace KafkaFs.MasterHost.FileSystem;

/// <summary>What of the lost writes of an inode is told: to the user of a handle that writes, or of one that only reads while its fsync waits.</summary>
internal sealed class LossReport(InodeWrites writes)
{
    public InodeWrites Writes { get; } = writes;

    /// <summary>Losses that were told, or were before it. <see cref="EarlyWrites"/>'s, under its lock.</summary>
    public int Seen { get; set; } = writes.Losses;
}
