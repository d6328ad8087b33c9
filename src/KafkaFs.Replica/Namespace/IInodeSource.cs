using KafkaFs.Journal;

namespace KafkaFs.Replica.Namespace;

/// <summary>
/// What the tree needs to know of the namespace to reach and shape its objects. Read by the holder of the apply lock, so without
/// further locking; spans are valid until the next change of the namespace.
/// </summary>
public interface IInodeSource
{
    /// <summary>The attributes of a live inode.</summary>
    bool TryGetAttributes(FileId inode, out InodeAttributes attributes);

    /// <summary>The identity of the inode's object in this replica's tree; empty for an unknown inode.</summary>
    ReadOnlySpan<byte> GetIdentity(FileId inode);

    /// <summary>Any one name of a live inode and its directory; false for the root and for inodes without a name.</summary>
    bool TryGetName(FileId inode, out FileId parent, out ReadOnlySpan<byte> name);

    /// <summary>The target of a symlink; empty for everything else.</summary>
    ReadOnlySpan<byte> GetTarget(FileId inode);
}
