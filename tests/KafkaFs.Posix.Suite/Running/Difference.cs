namespace KafkaFs.Posix.Suite.Running;

/// <summary>What not every filesystem has. A rule that needs one is skipped only where <see cref="Profile"/> says that it is missing, and why.</summary>
internal enum Difference
{
    /// <summary>O_TMPFILE.</summary>
    Tmpfile,

    /// <summary>system.posix_acl_access and system.posix_acl_default.</summary>
    Acl,

    /// <summary>RENAME_WHITEOUT.</summary>
    Whiteout,

    /// <summary>fallocate with FALLOC_FL_ZERO_RANGE.</summary>
    ZeroRange,

    /// <summary>A link count of directories that counts their subdirectories.</summary>
    DirectoryLinks,

    /// <summary>mtime and ctime that change by writing to a shared mapping.</summary>
    MappedTimes,

    /// <summary>Times before 1901 and after 2446.</summary>
    FarTimes,

    /// <summary>atime that reading changes.</summary>
    Atime,

    /// <summary>A time of birth.</summary>
    Btime,

    /// <summary>Xattr values of 60,000 bytes.</summary>
    LargeXattrs,

    /// <summary>Sizes up to 2^63 - 1.</summary>
    LargeSizes,

    /// <summary>Device numbers of 12 and 20 bits.</summary>
    LargeDevices,

    /// <summary>Names of trusted xattrs that ordinary users are not told.</summary>
    HiddenXattrs,

    /// <summary>Xattrs security.* other than security.capability.</summary>
    SecurityXattrs,

    /// <summary>Xattrs trusted.* of symbolic links.</summary>
    LinkXattrs,

    /// <summary>st_blocks that leaves out holes.</summary>
    Blocks,

    /// <summary>A write that takes sgid without group execution away, if the writer is not of the file's group (since Linux 6.2).</summary>
    ForeignSgid,

    /// <summary>A write by root that takes a capability and leaves suid.</summary>
    SuidAndCapability,

    /// <summary>mtime and ctime of a FIFO that writing to it changes.</summary>
    FifoTimes,

    /// <summary>Targets of symbolic links up to 4,095 bytes.</summary>
    LongTargets,
}
