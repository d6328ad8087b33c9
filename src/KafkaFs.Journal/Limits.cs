namespace KafkaFs.Journal;

/// <summary>
/// The limits profile of a filesystem, fixed by FilesystemCreated and enforced by evaluation, so that no replica can be asked for
/// what another could hold (design: the default is what ext4, xfs, btrfs and tmpfs all hold).
/// </summary>
public readonly record struct Limits
{
    /// <summary>Seconds before and after 1970 that nanoseconds in 64 bits hold: the domain of the time limits.</summary>
    public const long TimeBoundS = 9_223_372_036;

    /// <summary>Longest name, bytes.</summary>
    public uint NameMax { get; init; }

    /// <summary>Longest symlink target that every tree must hold itself, bytes; up to 4,095 are always accepted.</summary>
    public uint SymlinkMax { get; init; }

    /// <summary>Most names of one file.</summary>
    public uint LinkMax { get; init; }

    /// <summary>Longest xattr name with its namespace, bytes.</summary>
    public uint XattrNameMax { get; init; }

    /// <summary>Longest xattr value, bytes.</summary>
    public uint XattrValueMax { get; init; }

    /// <summary>All xattrs of one inode, bytes; each counts its name, its value, and 32 bytes.</summary>
    public uint XattrTotalMax { get; init; }

    /// <summary>Largest file, bytes.</summary>
    public ulong FileSizeMax { get; init; }

    /// <summary>Earliest time of an inode, seconds since 1970, at least -<see cref="TimeBoundS"/>.</summary>
    public long TimeMinS { get; init; }

    /// <summary>Latest time of an inode, seconds since 1970, at most <see cref="TimeBoundS"/>: nanoseconds in 64 bits end in 2262.</summary>
    public long TimeMaxS { get; init; }

    /// <summary>what ext4 (256-byte inodes), xfs (bigtime), btrfs and tmpfs all hold.</summary>
    public static Limits Default => new()
    {
        NameMax = 255,
        SymlinkMax = 1_023,
        LinkMax = 65_000,
        XattrNameMax = 255,
        XattrValueMax = 3_072,
        XattrTotalMax = 3_840,
        FileSizeMax = (1UL << 44) - 4_096,
        TimeMinS = int.MinValue,
        TimeMaxS = 9_223_372_035,
    };
}
