namespace KafkaFs.Replica.Namespace;

/// <summary>All of `stat` that is replicated, plus what evaluation counts. Times are nanoseconds since 1970.</summary>
public record struct InodeAttributes
{
    /// <summary>What the inode is.</summary>
    public InodeType Type { get; set; }

    /// <summary>Permission bits, 0 to 07777.</summary>
    public ushort Mode { get; set; }

    public uint Uid { get; set; }

    public uint Gid { get; set; }

    /// <summary>Device number in the kernel's 32-bit encoding; 0 unless a device.</summary>
    public uint Rdev { get; set; }

    /// <summary>Names of the inode; 1 for a live directory, 0 for an inode that is gone.</summary>
    public uint Links { get; set; }

    /// <summary>Directory: entries, of any type.</summary>
    public uint Entries { get; set; }

    /// <summary>Directory: entries that are directories; `stat` shows 2 more as its link count.</summary>
    public uint Subdirectories { get; set; }

    /// <summary>Regular file: bytes. Symlink: bytes of the target. Else 0.</summary>
    public ulong Size { get; set; }

    public long MtimeNs { get; set; }

    public long CtimeNs { get; set; }

    public long BtimeNs { get; set; }

    /// <summary>The time that utimensat(2) gave, if <see cref="HasAtime"/>; reading does not change it.</summary>
    public long AtimeNs { get; set; }

    /// <summary>An atime was set explicitly; otherwise the mtime is shown.</summary>
    public bool HasAtime { get; set; }

    /// <summary>Type and permission bits as st_mode holds them.</summary>
    public readonly uint StMode => ((uint)Type << 12) | Mode;

    /// <summary>The link count that `stat` shows.</summary>
    public readonly uint StLinks => Type == InodeType.Directory ? (Links == 0 ? 0 : Subdirectories + 2) : Links;

    /// <summary>The access time that `stat` shows, nanoseconds since 1970.</summary>
    public readonly long StAtimeNs => HasAtime ? AtimeNs : MtimeNs;

    public readonly bool IsDirectory => Type == InodeType.Directory;
}
