using KafkaFs.Journal;

namespace KafkaFs.Replica.Namespace;

/// <summary>Which attributes an effect changes: what the tree has to make real. Counts and ctime live in the namespace only.</summary>
[Flags]
public enum InodeAspects : byte
{
    /// <summary>Only counts, links or ctime.</summary>
    None = 0,
    Mode = 1,
    Owner = 2,

    /// <summary>mtime or atime.</summary>
    Times = 4,

    /// <summary>The size; the tree follows by the write, truncate or allocate itself.</summary>
    Size = 8,

    /// <summary>The xattr security.capability goes.</summary>
    Capability = 16,
}

/// <summary>The attributes of one inode after an effect.</summary>
/// <param name="Inode">An inode that exists before or by the effect.</param>
/// <param name="After">All its attributes from then on; Links 0 means that it is gone.</param>
/// <param name="Changed">What of them the tree has to make real.</param>
public readonly record struct InodeUpdate(FileId Inode, InodeAttributes After, InodeAspects Changed);
