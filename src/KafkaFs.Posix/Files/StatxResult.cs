using System.Runtime.InteropServices;

namespace KafkaFs.Posix.Files;

/// <summary>A time of statx(2): seconds since 1970 and nanoseconds (0 to 999,999,999).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct StatxTime
{
    public long Seconds;
    public uint Nanoseconds;
    private readonly int _reserved;

    /// <summary>Nanoseconds since 1970, saturated.</summary>
    public readonly long TotalNs => UnixTime.ToNs(Seconds, Nanoseconds);
}

/// <summary>struct statx (linux/stat.h), 256 bytes, the same on every architecture.</summary>
[StructLayout(LayoutKind.Sequential, Size = 256)]
public struct StatxResult
{
    public uint Mask;
    public uint BlockSize;
    public ulong Attributes;
    public uint Links;
    public uint Uid;
    public uint Gid;
    public ushort Mode;
    private readonly ushort _pad;
    public ulong Inode;
    public ulong Size;
    public ulong Blocks;
    public ulong AttributesMask;
    public StatxTime Atime;
    public StatxTime Btime;
    public StatxTime Ctime;
    public StatxTime Mtime;
    public uint RdevMajor;
    public uint RdevMinor;
    public uint DevMajor;
    public uint DevMinor;

    /// <summary>The type: S_IFMT >> 12.</summary>
    public readonly int Type => Mode >> 12;

    /// <summary>Permission bits, 0 to 07777.</summary>
    public readonly uint Permissions => Mode & 0xfffu;

    /// <summary>The device number in the kernel's 32-bit encoding (new_encode_dev).</summary>
    public readonly uint Rdev => (RdevMinor & 0xff) | (RdevMajor << 8) | ((RdevMinor & ~0xffu) << 12);
}
