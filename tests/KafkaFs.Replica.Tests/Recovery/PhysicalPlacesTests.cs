using System.Text;
using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Posix;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Recovery;
using KafkaFs.Replica.Tests.Namespace;
using KafkaFs.Replica.Tests.Tree;
using KafkaFs.Replica.Tree;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.Replica.Tests.Recovery;

/// <summary>The search of a disk without handles: what is not ours does not stop it, what is ours does.</summary>
public sealed class PhysicalPlacesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("/var/tmp");
    private readonly RefusingCalls _calls = new();
    private readonly TestLog _log = TestLog.WithSessions();
    private readonly DataRoot _root;
    private readonly DataTree _tree;
    private readonly Replica.Tree.TreePlace _place;
    private readonly FileId _touched;

    public PhysicalPlacesTests()
    {
        _root = DataRoot.Open(_folder["root"]);
        _place = _root.Place with { Calls = _calls };
        _tree = new DataTree(_place, TreeOwnership.Namespace, []);
        _log.Tree = _tree;
        FileId parent = _log.Make(ChangeKind.Mkdir, FileId.Root, "p");
        _touched = _log.Make(ChangeKind.Mkdir, parent, "touched");
        Directory.CreateDirectory(_folder["root/foreign/inner"]);
    }

    public void Dispose()
    {
        _tree.Dispose();
        _root.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(nameof(ITreeCalls.OpenBeneath), "foreign", Errno.EXDEV, "open of 'foreign' failed with EXDEV")]
    [InlineData(nameof(ITreeCalls.OpenBeneath), "foreign", Errno.EACCES, "open of 'foreign' failed with EACCES")]
    [InlineData(nameof(ITreeCalls.OpenBeneath), "foreign", Errno.EPERM, "open of 'foreign' failed with EPERM")]
    [InlineData(nameof(ITreeCalls.OpenBeneath), "foreign", Errno.ENOTDIR, "open of 'foreign' failed with ENOTDIR")]
    [InlineData(nameof(ITreeCalls.OpenBeneath), "foreign", Errno.ELOOP, "open of 'foreign' failed with ELOOP")]
    [InlineData(nameof(ITreeCalls.OpenBeneath), "foreign", Errno.ENOENT, null)]
    [InlineData(nameof(ITreeCalls.Stat), "inner", Errno.EACCES, "stat of 'foreign/inner' failed with EACCES")]
    [InlineData(nameof(ITreeCalls.Identify), "inner", Errno.EACCES, "identify of 'foreign/inner' failed with EACCES")]
    [InlineData(nameof(ITreeCalls.Stat), "foreign", Errno.ENOENT, null)]
    public void WhatIsNotOursIsPassedOverAndTheFirstIsKept(string call, string name, Errno errno, string? words)
    {
        _calls.Refuse = (called, about) => called == call && about == name ? errno : Errno.None;
        PhysicalPlaces places = Search();
        Assert.Equal("p/touched", PathOf(places));
        Assert.Equal(words, places.FirstRefusal);
    }

    [Theory]
    [InlineData(nameof(ITreeCalls.OpenBeneath), "p/touched", Errno.EACCES)]
    [InlineData(nameof(ITreeCalls.OpenBeneath), "foreign", Errno.EIO)]
    [InlineData(nameof(ITreeCalls.OpenBeneath), "foreign", Errno.EMFILE)]
    [InlineData(nameof(ITreeCalls.Stat), "touched", Errno.EIO)]
    [InlineData(nameof(ITreeCalls.Stat), "p", Errno.EACCES)]
    [InlineData(nameof(ITreeCalls.Identify), "foreign", Errno.ENOMEM)]
    public void WhatIsOursOrWhatTheDiskRefusesStopsTheSearch(string call, string name, Errno errno)
    {
        _calls.Refuse = (called, about) => called == call && about == name ? errno : Errno.None;
        TreeRefusedException refused = Assert.Throws<TreeRefusedException>(Search);
        Assert.Equal(errno, refused.Result.Errno);
        Assert.EndsWith(name, refused.Result.Path, StringComparison.Ordinal);
    }

    [Fact]
    public void AMountInTheTreeAndADirectoryThatVanishesArePassedOver()
    {
        Environments.RequireRoot();
        ToolProcess.Run("mount", ["-t", "tmpfs", "kafkafs-test", _folder["root/foreign/inner"]]);
        try
        {
            Assert.Equal("open of 'foreign/inner' failed with EXDEV", Search().FirstRefusal);
        }
        finally
        {
            ToolProcess.Run("umount", [_folder["root/foreign/inner"]]);
        }

        _calls.Refuse = (_, about) =>
        {
            if (about == "foreign/inner" && Directory.Exists(_folder["root/foreign/inner"]))
            {
                Directory.Delete(_folder["root/foreign"], recursive: true);
            }

            return Errno.None;
        };
        PhysicalPlaces places = Search();
        Assert.Equal(("p/touched", null), (PathOf(places), places.FirstRefusal));
        Assert.False(Directory.Exists(_folder["root/foreign"]));
    }

    [Fact]
    public void TheSearchEndsWhenItIsToStop()
    {
        using CancellationTokenSource stop = new();
        _calls.Refuse = (called, _) =>
        {
            if (called == nameof(ITreeCalls.OpenBeneath))
            {
                stop.Cancel();
            }

            return Errno.None;
        };
        Assert.Throws<OperationCanceledException>(() => Search(stop.Token));
    }

    private PhysicalPlaces Search() => Search(default);

    private PhysicalPlaces Search(CancellationToken stop)
    {
        RecoveryPlan plan = new(_log.State, TreeOwnership.Namespace);
        Effects effects = new() { Kind = EffectKind.SetXattr, Inode = _touched };
        effects.Update(_touched, _log.Attributes(_touched), InodeAspects.Times);
        plan.Collect(default, effects, _log.State.NextOffset);
        Assert.Single(plan.Older);
        using Limbo limbo = new(_root.Place);
        PhysicalPlaces places = new(plan, _log.State, _place);
        places.Search(limbo.Fd, stop);
        return places;
    }

    private string PathOf(PhysicalPlaces places) => Encoding.UTF8.GetString(places.CopyPath(_touched, new byte[4_096]));
}
