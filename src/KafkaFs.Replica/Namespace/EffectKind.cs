namespace KafkaFs.Replica.Namespace;

/// <summary>What an accepted record does to the tree; names, targets and data are in the record itself.</summary>
public enum EffectKind : byte
{
    /// <summary>Nothing in the tree: a failed call, a session record, a change of a dead inode, a rename onto itself.</summary>
    None,

    /// <summary>A new inode <see cref="Effects.Inode"/> at (Parent, Name).</summary>
    Make,

    /// <summary>A further name (Parent, Name) for <see cref="Effects.Inode"/>.</summary>
    Link,

    /// <summary>The name (Parent, Name) of <see cref="Effects.Inode"/> goes; a directory is empty.</summary>
    Remove,

    /// <summary><see cref="Effects.Inode"/> moves from (Parent, Name) to (NewParent, NewName), where <see cref="Effects.Displaced"/> goes.</summary>
    Move,

    /// <summary>(Parent, Name), which is <see cref="Effects.Inode"/>, and (NewParent, NewName), which is <see cref="Effects.Displaced"/>, change places.</summary>
    Exchange,

    /// <summary>The record's Data at <see cref="Effects.Offset"/> of <see cref="Effects.Inode"/>.</summary>
    Write,

    /// <summary>The size of <see cref="Effects.Inode"/> becomes that of its update.</summary>
    Truncate,

    /// <summary>fallocate(2) by the record's Mode, Offset, Length on <see cref="Effects.Inode"/>.</summary>
    Allocate,

    /// <summary>Only what the updates say.</summary>
    SetAttributes,

    /// <summary>The xattr of the record's Name gets the value Data.</summary>
    SetXattr,

    /// <summary>The xattr of the record's Name goes.</summary>
    RemoveXattr,
}
