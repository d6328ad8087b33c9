namespace KafkaFs.Journal.Codec;

/// <summary>
/// One record, decoded in place: a view whose spans point into the record's bytes and live as long as these. Which fields mean
/// something depends on <see cref="Kind"/> (proto/fuse.proto); the others are zero or empty.
/// </summary>
public ref struct Change
{
    public ChangeHeader Header;

    /// <summary>The header was there, once and well-formed, even if the rest was not.</summary>
    public bool HasHeader;
    public ChangeKind Kind;

    public FileId Inode;
    public FileId Parent;
    public ReadOnlySpan<byte> Name;
    public FileId NewParent;
    public ReadOnlySpan<byte> NewName;

    /// <summary>Permission bits; for Allocate the mode of fallocate(2).</summary>
    public uint Mode;

    /// <summary>Mknod: S_IFMT >> 12.</summary>
    public uint Type;
    public uint Uid;
    public uint Gid;

    /// <summary>Device number in the kernel's 32-bit encoding.</summary>
    public uint Rdev;

    /// <summary>First byte of a Write or Allocate.</summary>
    public ulong Offset;

    /// <summary>Bytes of an Allocate.</summary>
    public ulong Length;

    /// <summary>New size of a Truncate, bytes.</summary>
    public ulong Size;
    public ChangeFlags Flags;

    /// <summary>Content of a Write, target of a Symlink, value of a SetXattr.</summary>
    public ReadOnlySpan<byte> Data;

    /// <summary>SetAttr, nanoseconds since 1970; see <see cref="HasAtime"/>.</summary>
    public long AtimeNs;
    public long MtimeNs;

    /// <summary>SetAttr: the field was given.</summary>
    public bool HasMode;
    public bool HasUid;
    public bool HasGid;
    public bool HasAtime;
    public bool HasMtime;

    /// <summary>SessionStarted.</summary>
    public Guid Master;
    public ulong Run;
    public Guid Uuid;

    /// <summary>FilesystemCreated.</summary>
    public Limits Limits;

    /// <summary>FormatRaised.</summary>
    public uint NewLevel;

    /// <summary>Fence.</summary>
    public uint NewIncarnation;

    /// <summary>SessionEnded: the session that ends, or 0 for the header's.</summary>
    public SessionId Closes;
}
