namespace KafkaFs.Replica.Tree;

/// <summary>What is known of filesystems by the number that statfs(2) gives (linux/magic.h), and is too dear to try.</summary>
internal static class KnownFileSystems
{
    private const long Tmpfs = 0x01021994;
    private const long Ramfs = 0x858458f6;

    /// <summary>There is no disk that a read could wait for.</summary>
    public static bool IsInMemory(long type) => type is Tmpfs or Ramfs;

    /// <summary>Most names of one file; null if the filesystem is not known.</summary>
    public static long? LinkMax(long type) => type switch
    {
        0xef53 => 65_000,         // ext4 (EXT4_LINK_MAX), also for volumes of ext3
        0x58465342 => int.MaxValue, // xfs
        0x9123683e => 65_535,     // btrfs
        Tmpfs => uint.MaxValue,
        0x2fc12fc1 => int.MaxValue, // zfs
        0xf2f52010 => uint.MaxValue, // f2fs
        _ => null,
    };
}
