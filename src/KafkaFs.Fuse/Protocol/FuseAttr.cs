using KafkaFs.Fuse.Abi;
using KafkaFs.Posix.Files;

namespace KafkaFs.Fuse.Protocol;

/// <summary>What `stat` shows of an inode. Times are nanoseconds since 1970.</summary>
public readonly record struct FuseAttr
{
    public ulong Inode { get; init; }

    public ulong Size { get; init; }

    /// <summary>Units of 512 bytes.</summary>
    public ulong Blocks { get; init; }

    public long AtimeNs { get; init; }

    public long MtimeNs { get; init; }

    public long CtimeNs { get; init; }

    /// <summary>Only STATX shows it.</summary>
    public long BtimeNs { get; init; }

    /// <summary>Type and permission bits.</summary>
    public uint Mode { get; init; }

    public uint Links { get; init; }

    public uint Uid { get; init; }

    public uint Gid { get; init; }

    /// <summary>Device number in the kernel's 32-bit encoding.</summary>
    public uint Rdev { get; init; }

    /// <summary>Preferred size of a transfer, bytes.</summary>
    public uint BlockSize { get; init; }

    internal AttrOut ToWire()
    {
        (long atime, uint atimeNs) = UnixTime.FromNs(AtimeNs);
        (long mtime, uint mtimeNs) = UnixTime.FromNs(MtimeNs);
        (long ctime, uint ctimeNs) = UnixTime.FromNs(CtimeNs);
        return new AttrOut
        {
            Inode = Inode,
            Size = Size,
            Blocks = Blocks,
            Atime = (ulong)atime,
            Mtime = (ulong)mtime,
            Ctime = (ulong)ctime,
            AtimeNs = atimeNs,
            MtimeNs = mtimeNs,
            CtimeNs = ctimeNs,
            Mode = Mode,
            Links = Links,
            Uid = Uid,
            Gid = Gid,
            Rdev = Rdev,
            BlockSize = BlockSize,
        };
    }

    internal StatxOut ToStatx(TimeSpan validity)
    {
        const uint basicAndBtime = 0xfff;
        return new StatxOut
        {
            AttrValid = (ulong)validity.TotalSeconds,
            AttrValidNs = (uint)validity.Milliseconds * 1_000_000,
            Mask = basicAndBtime,
            BlockSize = BlockSize,
            Links = Links,
            Uid = Uid,
            Gid = Gid,
            Mode = (ushort)Mode,
            Inode = Inode,
            Size = Size,
            Blocks = Blocks,
            Atime = Time(AtimeNs),
            Btime = Time(BtimeNs),
            Ctime = Time(CtimeNs),
            Mtime = Time(MtimeNs),
            RdevMajor = (Rdev >> 8) & 0xfff,
            RdevMinor = (Rdev & 0xff) | ((Rdev >> 12) & 0xfff00),
        };
    }

    private static StatxTimeOut Time(long ns)
    {
        (long seconds, uint nanoseconds) = UnixTime.FromNs(ns);
        return new StatxTimeOut { Seconds = seconds, Nanoseconds = nanoseconds };
    }
}
