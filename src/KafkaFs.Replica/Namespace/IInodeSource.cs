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

    /// <summary>The target of a symlink; empty for everything else.</summary>
    ReadOnlySpan<byte> GetTarget(FileId inode);

    /// <summary>
    /// Copies the identity of the inode's object in this replica's tree and returns its length; 0 for an unknown inode. From any
    /// thread.
    /// </summary>
    int CopyIdentity(FileId inode, Span<byte> buffer);

    /// <summary>
    /// Writes a path of the inode below the root, without a leading slash, to the end of <paramref name="buffer"/>; empty for the root
    /// and for what has no name. Too long a path gives empty, or its end if <paramref name="cut"/>: for people, never to find an object
    /// by. From any thread.
    /// </summary>
    ReadOnlySpan<byte> CopyPath(FileId inode, Span<byte> buffer, bool cut = false);

    /// <summary>Bytes of the path that <see cref="CopyPath"/> would write now; 0 for the root and for what has no name. From any thread.</summary>
    int PathLength(FileId inode);
}
