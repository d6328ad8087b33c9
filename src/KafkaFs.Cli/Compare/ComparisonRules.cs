using System.Text;
using KafkaFs.Journal;
using KafkaFs.Posix.Files;

namespace KafkaFs.Cli.Compare;

/// <summary>What two trees can have the same, by what each of them can hold; and what was passed over because of that, in words.</summary>
internal sealed class ComparisonRules(ComparedTree first, ComparedTree second)
{
    /// <summary>Links with longer targets are replaced where a filesystem cannot hold them (xfs: 1,023 bytes).</summary>
    private const int MinLongTargetBytes = 1_024;

    private const uint SuidSgid = 0xc00;

    /// <summary>Owners, devices, special bits and privileged xattrs are in both trees.</summary>
    public bool ComparesOwners { get; } = first.KeepsOwners && second.KeepsOwners;

    /// <summary>Both show the namespace itself: also FileIds, ctimes, btimes, directory link counts and the roots.</summary>
    public bool ComparesNamespace { get; } = first.IsMount && second.IsMount;

    /// <summary>Objects that the trees hold differently because one lacks the right to hold them so.</summary>
    public long HeldDifferently { get; set; }

    /// <summary>Symlinks with a long target that one filesystem cannot hold.</summary>
    public long LongTargets { get; set; }

    /// <summary>What was not compared; null if everything was.</summary>
    public string? Skipped
    {
        get
        {
            List<string> words = [];
            if (!ComparesOwners)
            {
                words.Add("a tree has Ownership=namespace: owners, suid and sgid, devices and privileged xattrs were not compared, modes as its user may have them; "
                    + $"{HeldDifferently} held differently");
            }

            if (LongTargets > 0)
            {
                words.Add($"{LongTargets} long target{(LongTargets == 1 ? "" : "s")} as this filesystem can hold {(LongTargets == 1 ? "it" : "them")}");
            }

            return words.Count == 0 ? null : string.Join("; ", words);
        }
    }

    /// <summary>Permission bits as both trees can have them.</summary>
    public uint Mode(in StatxResult attributes)
    {
        const uint ownerReadWrite = 0x180, ownerAll = 0x1c0;
        return ComparesOwners
            ? attributes.Permissions
            : (attributes.Permissions | (attributes.Type == FileKind.Directory ? ownerAll : ownerReadWrite)) & ~SuidSgid;
    }

    /// <summary>An empty regular file stands for a device where devices cannot be made.</summary>
    public bool StandsForDevice(in StatxResult a, in StatxResult b) =>
        IsDevicePlaceholder(first, a, b) || IsDevicePlaceholder(second, b, a);

    /// <summary>A dangling link stands for a long target; in a mount the inode number must be the one that it names.</summary>
    public bool StandsForTarget(in StatxResult a, ReadOnlySpan<byte> targetOfA, in StatxResult b, ReadOnlySpan<byte> targetOfB) =>
        IsTargetPlaceholder(targetOfA, second, b, targetOfB) || IsTargetPlaceholder(targetOfB, first, a, targetOfA);

    /// <summary>Both trees can have the extended attribute.</summary>
    public bool HasXattr(ReadOnlySpan<byte> name) => ComparesOwners || name.StartsWith("user."u8);

    /// <summary>mkfs puts it into a filesystem's root; whatever else is named so is the tree's.</summary>
    public static bool IsFileSystemsOwn(ReadOnlySpan<byte> name, in StatxResult attributes) =>
        name.SequenceEqual("lost+found"u8) && attributes is { Type: FileKind.Directory, Permissions: 0x1c0, Uid: 0, Gid: 0 };

    private static bool IsDevicePlaceholder(ComparedTree tree, in StatxResult held, in StatxResult real) =>
        !tree.KeepsOwners && held is { Type: FileKind.Regular, Size: 0 } && real.Type is FileKind.CharacterDevice or FileKind.BlockDevice;

    private static bool IsTargetPlaceholder(ReadOnlySpan<byte> held, ComparedTree other, in StatxResult real, ReadOnlySpan<byte> target)
    {
        ReadOnlySpan<byte> place = ".kafkafs/long-target/"u8;
        return target.Length >= MinLongTargetBytes && held.StartsWith(place)
            && (!other.IsMount || held[place.Length..].SequenceEqual(Encoding.ASCII.GetBytes(new FileId(real.Inode).ToString())));
    }
}
