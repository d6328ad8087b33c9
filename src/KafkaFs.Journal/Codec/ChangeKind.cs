namespace KafkaFs.Journal.Codec;

/// <summary>The kind of a record; the values are the numbers of FuseChange.change in proto/fuse.proto.</summary>
public enum ChangeKind : byte
{
    /// <summary>No kind; never in a well-formed record.</summary>
    None = 0,
    FilesystemCreated = 2,
    FormatRaised = 3,
    SessionStarted = 4,
    SessionEnded = 5,
    Fence = 6,
    Create = 7,
    Mkdir = 8,
    Mknod = 9,
    Symlink = 10,
    Link = 11,
    Unlink = 12,
    Rmdir = 13,
    Rename = 14,
    Write = 15,
    Truncate = 16,
    Allocate = 17,
    SetAttr = 18,
    SetXattr = 19,
    RemoveXattr = 20,
}
