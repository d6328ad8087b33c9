using static KafkaFs.Posix.Suite.Calls.Constants;

namespace KafkaFs.Posix.Suite.Calls;

/// <summary>What stat(2) and its kin say; times in nanoseconds since 1970.</summary>
internal readonly record struct FileStatus(
    ulong Device, ulong Inode, ulong Links, uint Mode, uint Uid, uint Gid, ulong Rdev, long Size, long BlockSize, long Blocks, Int128 Atime, Int128 Mtime, Int128 Ctime)
{
    /// <summary>The type's bits.</summary>
    public uint Type => Mode & S_IFMT;

    /// <summary>The permission's bits, suid, sgid and sticky too.</summary>
    public uint Permissions => Mode & 0xfff;

    /// <summary>The kernel's struct stat of x86-64, 144 bytes.</summary>
    public static FileStatus Parse(ReadOnlySpan<long> words) => new(
        (ulong)words[0], (ulong)words[1], (ulong)words[2], (uint)words[3], (uint)(words[3] >> 32), (uint)words[4], (ulong)words[5], words[6], words[7], words[8],
        Nanoseconds(words[9], words[10]), Nanoseconds(words[11], words[12]), Nanoseconds(words[13], words[14]));

    private static Int128 Nanoseconds(long seconds, long nanoseconds) => (Int128)seconds * 1_000_000_000 + nanoseconds;
}
