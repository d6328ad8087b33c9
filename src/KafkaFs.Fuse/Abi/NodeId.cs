namespace KafkaFs.Fuse.Abi;

/// <summary>The kernel's name for an inode of the mount; 1 is the root, 0 none.</summary>
public readonly record struct NodeId(ulong Value)
{
    public static NodeId Root => new(1);
}
