namespace KafkaFs.Journal.Codec;

/// <summary>The `flags` field of a change (proto/fuse.proto): a bit means the same in every kind; which ones a kind takes is checked by evaluation.</summary>
[Flags]
public enum ChangeFlags : uint
{
    None = 0,

    /// <summary>Write: at the size that evaluation finds, not at the given offset.</summary>
    Append = 1,

    /// <summary>Write, Truncate, Allocate, SetAttr: drop suid, and sgid where group execution is allowed, as write(2) and chown(2) do.</summary>
    KillSuidGid = 2,

    /// <summary>SetAttr: atime is the time of the record.</summary>
    AtimeNow = 4,

    /// <summary>SetAttr: mtime is the time of the record.</summary>
    MtimeNow = 8,

    /// <summary>SetXattr: fails with EEXIST if the attribute exists.</summary>
    XattrCreate = 16,

    /// <summary>SetXattr: fails with ENODATA if the attribute does not exist.</summary>
    XattrReplace = 32,

    /// <summary>Rename: fails with EEXIST if the new name exists.</summary>
    RenameNoReplace = 64,

    /// <summary>Rename: both names exist and change places.</summary>
    RenameExchange = 128,
}
