namespace KafkaFs.Fuse.Abi;

/// <summary>What a reply to OPEN, CREATE or OPENDIR says of the handle (FOPEN_*).</summary>
[Flags]
public enum FuseOpenFlags : uint
{
    None = 0,

    /// <summary>The page cache is not used: each read(2) and write(2) comes here.</summary>
    DirectIo = 1,

    /// <summary>Cached pages are right: they are not dropped at this open.</summary>
    KeepCache = 2,

    /// <summary>OPENDIR: what is read is kept, for the next reader too.</summary>
    CacheDirectory = 8,

    /// <summary>No FLUSH at close.</summary>
    NoFlush = 32,
}

/// <summary>Which fields of SETATTR are valid (FATTR_*).</summary>
[Flags]
public enum SetAttrMask : uint
{
    None = 0,
    Mode = 1,
    Uid = 2,
    Gid = 4,
    Size = 8,
    Atime = 16,
    Mtime = 32,
    Handle = 64,
    AtimeNow = 128,
    MtimeNow = 256,
    LockOwner = 512,
    Ctime = 1024,
    KillSuidGid = 2048,
}

/// <summary>Flags of a WRITE request (FUSE_WRITE_*).</summary>
[Flags]
public enum FuseWriteFlags : uint
{
    None = 0,

    /// <summary>Delayed write of the page cache; the handle is guessed.</summary>
    Cache = 1,
    LockOwner = 2,

    /// <summary>Drop suid and sgid: the writer lacks CAP_FSETID.</summary>
    KillSuidGid = 4,
}
