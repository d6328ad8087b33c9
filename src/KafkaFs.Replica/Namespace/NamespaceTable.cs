namespace KafkaFs.Replica.Namespace;

/// <summary>The kinds of rows that a checkpoint takes over one by one; the numbers are part of the state hash and of the index.</summary>
internal enum NamespaceTable
{
    /// <summary>By FileId: attributes, birth, target of a symlink, identity of the object in this replica's tree.</summary>
    Inodes = 0,

    /// <summary>By cookie: parent, inode, name.</summary>
    Entries = 1,

    /// <summary>By FileId, if it has any: all extended attributes of the inode in their order.</summary>
    Xattrs = 2,
}
