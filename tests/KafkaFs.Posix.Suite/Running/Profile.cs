using KafkaFs.Posix.Suite.Calls;

namespace KafkaFs.Posix.Suite.Running;

/// <summary>What a kind of filesystem lacks, each with its reason. Everything else is required of all of them.</summary>
internal sealed record Profile(string Name, long StatfsType, IReadOnlyDictionary<Difference, string> Lacks)
{
    private static readonly Profile[] s_all =
    [
        new("ext4", 0xef53, new Dictionary<Difference, string>
        {
            [Difference.FarTimes] = "ext4 has 34 bits of seconds: 1901 to 2446",
            [Difference.LargeXattrs] = "an xattr of ext4 lies in one block",
            [Difference.LargeSizes] = "an ext4 file has 2^32 blocks",
        }),
        new("xfs", 0x58465342, new Dictionary<Difference, string>
        {
            [Difference.FarTimes] = "xfs (bigtime) has 1901 to 2486",
            [Difference.LargeDevices] = "xfs has 14 bits for a major and 18 for a minor number",
            [Difference.LongTargets] = "a symbolic link of xfs has 1,023 bytes",
        }),
        new("tmpfs", 0x01021994, new Dictionary<Difference, string>
        {
            [Difference.ZeroRange] = "tmpfs has no FALLOC_FL_ZERO_RANGE",
            [Difference.MappedTimes] = "tmpfs takes no note of writes to mappings",
        }),
        new("btrfs", 0x9123683e, new Dictionary<Difference, string>
        {
            [Difference.DirectoryLinks] = "a directory of btrfs has one link",
            [Difference.LargeXattrs] = "an xattr of btrfs lies in one leaf of 16 KiB",
            [Difference.HiddenXattrs] = "btrfs lists all names to all",
        }),
        new("kafkafs", 0x65735546, KafkaFsDifferences.Lacks),
    ];

    public static IEnumerable<string> Names => s_all.Select(profile => profile.Name);

    /// <summary>By name, or null.</summary>
    public static Profile? Named(string name) => s_all.FirstOrDefault(profile => profile.Name == name);

    /// <summary>By statfs(2), or null.</summary>
    public static Profile? Of(string directory)
    {
        long[] words = new long[15];
        return Sys.Statfs(directory, words) < 0 ? null : s_all.FirstOrDefault(profile => profile.StatfsType == words[0]);
    }
}
