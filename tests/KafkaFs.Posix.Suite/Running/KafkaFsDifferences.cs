namespace KafkaFs.Posix.Suite.Running;

/// <summary>In what KafkaFS is not a local filesystem, and why: the only place, and the list of the README.</summary>
internal static class KafkaFsDifferences
{
    public static IReadOnlyDictionary<Difference, string> Lacks { get; } = new Dictionary<Difference, string>
    {
        [Difference.Tmpfile] = "a file without a name has no record",
        [Difference.Acl] = "ACLs are not evaluated by the namespace",
        [Difference.Whiteout] = "overlayfs's whiteouts have no record",
        [Difference.Atime] = "reading writes no record",
        [Difference.Blocks] = "st_blocks is computed from the size: how much a tree takes differs from replica to replica",
        [Difference.LargeSizes] = "the limits profile: a file has at most 2^44 - 4,096 bytes, which every tree holds",
        [Difference.FarTimes] = "the limits profile: times from 1901 to 2262, which every tree holds",
        [Difference.LargeXattrs] = "the limits profile: xattrs of 3,072 bytes, which every tree holds",
        [Difference.LargeDevices] = "device numbers up to 511 and 262,143, which every tree holds",
        [Difference.LinkXattrs] = "symbolic links have no xattrs",
        [Difference.SecurityXattrs] = "labels are a machine's own; of security.* only security.capability is kept",
        [Difference.ForeignSgid] = "FUSE (HANDLE_KILLPRIV_V2) keeps sgid where the group may not execute, whoever writes",
        [Difference.SuidAndCapability] = "FUSE asks for the loss of a capability as for a chown, which takes suid too, also when root writes",
        [Difference.FifoTimes] = "FUSE leaves times to its daemon, which does not see what goes through a FIFO",
    };
}
