using KafkaFs.Differential.Native;

namespace KafkaFs.Differential.Sides;

/// <summary>What stat(2) and statx(2) say that is compared, and the inode's number, which is not.</summary>
internal readonly unsafe record struct StatFields(
    uint Mode, uint Uid, uint Gid, ulong Links, long Size, ulong Device, long MtimeSeconds, long MtimeNanoseconds, long CtimeSeconds, long CtimeNanoseconds,
    long AtimeSeconds, ulong Ino)
{
    /// <summary>Bytes of struct stat and of struct statx, at most.</summary>
    public const int NativeBytes = 256;

    public bool IsDirectory => (Mode & Linux.S_IFMT) == Linux.S_IFDIR;

    public bool IsFile => (Mode & Linux.S_IFMT) == Linux.S_IFREG;

    public static StatFields FromStat(byte* stat) => new(
        *(uint*)(stat + 24), *(uint*)(stat + 28), *(uint*)(stat + 32), *(ulong*)(stat + 16), *(long*)(stat + 48), *(ulong*)(stat + 40),
        *(long*)(stat + 88), *(long*)(stat + 96), *(long*)(stat + 104), *(long*)(stat + 112), *(long*)(stat + 72), *(ulong*)(stat + 8));

    public static StatFields FromStatx(byte* statx) => new(
        *(ushort*)(statx + 28), *(uint*)(statx + 20), *(uint*)(statx + 24), *(uint*)(statx + 16), *(long*)(statx + 40),
        Device32(*(uint*)(statx + 128), *(uint*)(statx + 132)), *(long*)(statx + 112), *(uint*)(statx + 120), *(long*)(statx + 96), *(uint*)(statx + 104), *(long*)(statx + 64), *(ulong*)(statx + 32));

    // makedev(3).
    private static ulong Device32(uint major, uint minor) =>
        ((ulong)(major & 0xfffff000) << 32) | ((ulong)(major & 0xfff) << 8) | ((ulong)(minor & 0xffffff00) << 12) | (minor & 0xff);
}
