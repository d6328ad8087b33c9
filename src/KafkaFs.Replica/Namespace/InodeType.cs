namespace KafkaFs.Replica.Namespace;

/// <summary>What an inode is; the values are S_IFMT >> 12 (inode(7)), which never change for a FileId.</summary>
public enum InodeType : byte
{
    /// <summary>No inode.</summary>
    None = 0,
    Fifo = 1,
    CharacterDevice = 2,
    Directory = 4,
    BlockDevice = 6,
    RegularFile = 8,
    Symlink = 10,
    Socket = 12,
}
