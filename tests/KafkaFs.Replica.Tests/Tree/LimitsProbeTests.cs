using KafkaFs.Journal;
using KafkaFs.Replica.Tree;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Files;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.Replica.Tests.Tree;

/// <summary>A data root whose filesystem holds less than the limits profile is found before anything is applied, by name.</summary>
public abstract class LimitsProbeTests : IDisposable
{
    protected LimitsProbeTests(TreePlace place) => (Place, Root) = (place, DataRoot.Open(place[Guid.NewGuid().ToString("N")]));

    protected TreePlace Place { get; }

    protected DataRoot Root { get; }

    /// <summary>Each limit that this filesystem does not hold, widened alone, with the beginnings of the words that name it.</summary>
    protected abstract IEnumerable<(Limits Limits, string[] Words)> TooWide { get; }

    [Fact]
    public void TheDefaultLimitsAreHeldAndNothingIsLeftBehind()
    {
        LimitsProbe.Require(Root, Limits.Default, TreeOwnership.Full);
        LimitsProbe.Require(Root, Limits.Default, TreeOwnership.Namespace);
        Assert.DoesNotContain("probe", Directory.GetFileSystemEntries($"{Root.Path}/.kafkafs").Select(Path.GetFileName));
    }

    [Fact]
    public void EachLimitThatIsTooWideIsRefusedByName()
    {
        foreach ((Limits limits, string[] words) in TooWide)
        {
            AssertWords(words, LimitsProbe.Probe(Root, limits, Place.Ownership));
        }
    }

    [Fact]
    public void WhatACrashLeftOfAnEarlierProbeIsNoHindrance()
    {
        Directory.CreateDirectory($"{Root.Path}/.kafkafs/probe/other/deep");
        File.WriteAllText($"{Root.Path}/.kafkafs/probe/file", "");
        Assert.Empty(LimitsProbe.Probe(Root, Limits.Default, Place.Ownership));
        Assert.False(Directory.Exists($"{Root.Path}/.kafkafs/probe"));
    }

    public void Dispose()
    {
        Root.Dispose();
        GC.SuppressFinalize(this);
    }

    protected static (Limits Limits, string[] Words) Size(ulong bytes, ulong held) =>
        (Limits.Default with { FileSizeMax = bytes }, [$"files of {bytes} bytes (it holds {held})"]);

    protected static (Limits Limits, string[] Words) Links(uint links, uint held) =>
        (Limits.Default with { LinkMax = links }, [$"hard links of {links} names of one file (it holds {held})"]);

    protected static (Limits Limits, string[] Words) From(long second, long held) =>
        (Limits.Default with { TimeMinS = second }, [$"times of {second} seconds since 1970 (it holds {held})"]);

    protected static (Limits Limits, string[] Words) Value(uint bytes) =>
        (Limits.Default with { XattrValueMax = bytes, XattrTotalMax = 65_536 }, [$"user.* values of {bytes} bytes (it holds ", $"trusted.* values of {bytes} bytes (it holds "]);

    protected static void AssertWords(string[] words, IReadOnlyList<string> found)
    {
        Assert.Equal(words.Length, found.Count);
        Assert.All(words.Zip(found), pair => Assert.StartsWith(pair.First, pair.Second, StringComparison.Ordinal));
    }
}

public sealed class TmpfsLimitsProbeTests(TmpfsFixture place) : LimitsProbeTests(place), IClassFixture<TmpfsFixture>
{
    protected override IEnumerable<(Limits Limits, string[] Words)> TooWide => [];

    [Fact]
    public void TheWidestLimitsThatCanBeAreHeld()
    {
        Limits widest = Limits.Default with
        {
            LinkMax = uint.MaxValue,
            XattrValueMax = 65_536,
            XattrTotalMax = uint.MaxValue,
            FileSizeMax = long.MaxValue,
            TimeMinS = -Limits.TimeBoundS,
            TimeMaxS = Limits.TimeBoundS,
        };
        LimitsProbe.Require(Root, widest, TreeOwnership.Full);
    }
}

public sealed class Ext4LimitsProbeTests(Ext4Fixture place) : LimitsProbeTests(place), IClassFixture<Ext4Fixture>
{
    protected override IEnumerable<(Limits Limits, string[] Words)> TooWide =>
    [
        Size(1ul << 60, (1ul << 44) - 4096),
        Links(70_000, 65_000),
        From(-Limits.TimeBoundS, int.MinValue),
        Value(16_384),
        (
            Limits.Default with { XattrTotalMax = 16_384 },
            [
                "user.* attributes of one file of 16384 bytes in all (it holds ",
                "user.* attributes of one file of 16384 bytes in all (it holds ",
                "trusted.* attributes of one file of 16384 bytes in all (it holds ",
                "trusted.* attributes of one file of 16384 bytes in all (it holds ",
            ]),
    ];

    [Fact]
    public void ARefusalNamesTheDataRootAndAllThatItLacks()
    {
        Limits wide = Limits.Default with { FileSizeMax = 1ul << 60, LinkMax = 70_000, TimeMinS = -Limits.TimeBoundS };
        DataRootException refused = Assert.Throws<DataRootException>(() => LimitsProbe.Require(Root, wide, Place.Ownership));
        Assert.Equal(DataRootProblem.LimitsTooSmall, refused.Problem);
        Assert.Equal(
            $"data root '{Root.Path}' lies on a filesystem that cannot hold what this KafkaFS filesystem allows: hard links of 70000 names of one file (it holds 65000); "
                + $"times of -9223372036 seconds since 1970 (it holds -2147483648); files of {1ul << 60} bytes (it holds 17592186040320); "
                + "use a directory on another filesystem (ext4, xfs, btrfs, tmpfs hold the default limits)",
            refused.Message);
    }
}

public sealed class XfsLimitsProbeTests(XfsFixture place) : LimitsProbeTests(place), IClassFixture<XfsFixture>
{
    protected override IEnumerable<(Limits Limits, string[] Words)> TooWide => [From(-Limits.TimeBoundS, int.MinValue), Links(uint.MaxValue, int.MaxValue)];
}

public sealed class BtrfsLimitsProbeTests(BtrfsFixture place) : LimitsProbeTests(place), IClassFixture<BtrfsFixture>
{
    protected override IEnumerable<(Limits Limits, string[] Words)> TooWide => [Links(70_000, 65_535), Value(32_768)];
}

/// <summary>Filesystems that hold less than the default limits.</summary>
public sealed class SmallFileSystemProbeTests
{
    [Theory]
    [InlineData("-I128", "times of 9223372035 seconds since 1970 (it holds 2147483647)")]
    [InlineData("-b1024", "user.* values of 3072 bytes")]
    public void Ext4MadeSmallerThanTheDefaultLimitsIsRefused(string option, string words)
    {
        using LoopFileSystem disk = new("ext4", 64, options: [option]);
        using DataRoot root = DataRoot.Open(disk["root"]);
        Assert.Contains(words, string.Join("; ", LimitsProbe.Probe(root, Limits.Default, TreeOwnership.Full)), StringComparison.Ordinal);
    }

    [Fact]
    public void ADiskThatIsFullTellsNothingOfItsLimits()
    {
        using LoopFileSystem disk = new("tmpfs", 4);
        using DataRoot root = DataRoot.Open(disk["root"]);
        ToolProcess.Shell($"head -c 3500K /dev/zero > '{disk["full"]}'");
        Assert.Empty(LimitsProbe.Probe(root, Limits.Default with { XattrValueMax = 65_536, XattrTotalMax = 65_536 }, TreeOwnership.Full));
    }

    [Fact]
    public void AFileSystemOfOtherSystemsIsRefusedWithAllThatItLacks()
    {
        Environments.RequireRoot();
        Environments.RequireFuse();
        Environments.RequireTool("mkfs.exfat", "exfatprogs");
        Environments.RequireTool("mount.exfat-fuse", "exfat-fuse");
        using TemporaryFolder folder = new("/var/tmp");
        Directory.CreateDirectory(folder["mnt"]);
        ToolProcess.Shell($"truncate -s 64M '{folder["image"]}' && mkfs.exfat '{folder["image"]}' ");
        string device = ToolProcess.Run("losetup", ["-f", "--show", folder["image"]]).Trim();
        try
        {
            ToolProcess.Run("mount.exfat-fuse", [device, folder["mnt"]]);
            using DataRoot root = DataRoot.Open(folder["mnt/root"]);
            string refused = Assert.Throws<DataRootException>(() => LimitsProbe.Require(root, Limits.Default, TreeOwnership.Full)).Message;
            string[] lacks =
            [
                "names of any bytes, also such as are no UTF-8 (EILSEQ)", "names told apart by case", "symbolic links (ENOSYS)", "fifos", "sockets", "device nodes", "RENAME_EXCHANGE",
                "hard links (EPERM)", "owners", "permission bits", "times to the nanosecond", "files of 17592186040320 bytes", "attributes user.*", "attributes trusted.*",
            ];
            foreach (string lack in lacks)
            {
                Assert.Contains(lack, refused, StringComparison.Ordinal);
            }

            Assert.Empty(Directory.GetDirectories($"{root.Path}/.kafkafs"));
        }
        finally
        {
            ToolProcess.Shell($"umount '{folder["mnt"]}' || umount -l '{folder["mnt"]}'; losetup -d '{device}'");
        }
    }
}
