using System.Text;
using KafkaFs.Journal;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.Replica.Tree;

/// <summary>What the tree has of an inode's attributes: all of them, or what a user who is not root may have.</summary>
internal static class ProjectedAttributes
{
    /// <summary>Permission bits of the object.</summary>
    public static uint Mode(TreeOwnership ownership, in InodeAttributes attributes)
    {
        const uint ownerReadWrite = 0x180, ownerAll = 0x1c0, suidSgid = 0xc00;
        return ownership == TreeOwnership.Full
            ? attributes.Mode
            : (attributes.Mode | (attributes.IsDirectory ? ownerAll : ownerReadWrite)) & ~suidSgid;
    }

    /// <summary>Type of the object: an empty regular file stands for a device where devices cannot be made.</summary>
    public static InodeType Type(TreeOwnership ownership, in InodeAttributes attributes) =>
        ownership == TreeOwnership.Namespace && attributes.Type is InodeType.CharacterDevice or InodeType.BlockDevice
            ? InodeType.RegularFile
            : attributes.Type;

    /// <summary>Device number of the object: none where a file stands for the device.</summary>
    public static ulong Rdev(TreeOwnership ownership, in InodeAttributes attributes) =>
        Type(ownership, attributes) == attributes.Type ? attributes.Rdev : 0;

    /// <summary>The tree has the extended attribute.</summary>
    public static bool HasXattr(TreeOwnership ownership, ReadOnlySpan<byte> name) =>
        name.StartsWith("user."u8)
        || (ownership == TreeOwnership.Full && (name.StartsWith("trusted."u8) || name.SequenceEqual("security.capability"u8)));

    /// <summary>The dangling link that stands for a target which the filesystem below cannot hold (xfs: 1,023 bytes).</summary>
    public static byte[] LongTarget(FileId inode) => Encoding.UTF8.GetBytes($".kafkafs/long-target/{inode}");

    /// <summary>A link stands for a target: of which FileId it says, may be of the filesystem that the tree was adopted from.</summary>
    public static bool IsLongTarget(ReadOnlySpan<byte> held) => held.StartsWith(".kafkafs/long-target/"u8);
}
