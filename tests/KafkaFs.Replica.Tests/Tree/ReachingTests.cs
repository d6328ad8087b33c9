using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Posix;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Tests.Namespace;
using KafkaFs.Replica.Tree;
using KafkaFs.TestKit;
using Xunit;

namespace KafkaFs.Replica.Tests.Tree;

/// <summary>Reaching objects costs little where they have no path, and gives up the cache where descriptors are short.</summary>
public sealed class ReachingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("/var/tmp");
    private readonly RefusingCalls _calls = new();
    private readonly TestLog _log = TestLog.WithSessions();
    private readonly DataRoot _root;
    private readonly DataTree _tree;

    public ReachingTests()
    {
        _root = DataRoot.Open(_folder["root"]);
        _tree = new DataTree(_root.Place with { Calls = _calls }, TreeOwnership.Namespace, []);
        _log.Tree = _tree;
    }

    public void Dispose()
    {
        _tree.Dispose();
        _root.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void AnInodeWithoutAPathIsLookedForWithoutMemory()
    {
        FileId file = _log.Make(ChangeKind.Create, FileId.Root, "f");
        _tree.EndBatch(_log.State);
        _tree.ForgetObjects();
        _tree.OpensHandles = false;
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(Errno.ENOENT, _tree.Reach(file, new Nameless(_log.State), out _));
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        TestContext.Current.TestOutputHelper?.WriteLine($"{allocated} bytes");
        Assert.InRange(allocated, 0, 4_096);
    }

    [Theory]
    [InlineData(Errno.EMFILE, true)]
    [InlineData(Errno.ENFILE, false)]
    public void WhereDescriptorsAreShortTheCacheGoesAndTheCallIsMadeAgain(Errno errno, bool opensHandles)
    {
        FileId directory = _log.Make(ChangeKind.Mkdir, FileId.Root, "d"), other = _log.Make(ChangeKind.Mkdir, FileId.Root, "e");
        _tree.EndBatch(_log.State);
        _tree.ForgetObjects();
        _tree.OpensHandles = opensHandles;
        Assert.Equal(Errno.None, _tree.Reach(other, _log.State, out DescriptorLease kept));
        kept.Dispose();
        int refused = RefuseOnce(errno, opensHandles ? nameof(ITreeCalls.OpenIdentity) : nameof(ITreeCalls.OpenBeneath), () =>
        {
            Assert.Equal(Errno.None, _tree.Reach(directory, _log.State, out DescriptorLease lease));
            lease.Dispose();
        });
        Assert.Equal(1, refused);

        // The other one is not in the cache any more.
        Assert.Equal(1, RefuseOnce(errno, opensHandles ? nameof(ITreeCalls.OpenIdentity) : nameof(ITreeCalls.OpenBeneath), () => _tree.Reach(other, _log.State, out _)));
    }

    [Theory]
    [InlineData(ChangeKind.Create)]
    [InlineData(ChangeKind.Mkdir)]
    public void WhereDescriptorsAreShortObjectsAreStillMade(ChangeKind kind)
    {
        Assert.Equal(1, RefuseOnce(Errno.EMFILE, nameof(ITreeCalls.Open), () => _log.Make(kind, FileId.Root, "made")));
        Assert.True(Path.Exists(_folder["root/made"]));
    }

    [Fact]
    public void WhereDescriptorsStayShortTheMachineRefuses()
    {
        FileId directory = _log.Make(ChangeKind.Mkdir, FileId.Root, "d");
        _tree.ForgetObjects();
        _calls.Refuse = (call, _) => call is nameof(ITreeCalls.OpenIdentity) or nameof(ITreeCalls.OpenBeneath) ? Errno.EMFILE : Errno.None;
        Assert.Equal(Errno.EMFILE, _tree.Reach(directory, _log.State, out _));
    }

    private int RefuseOnce(Errno errno, string which, Action action)
    {
        int refused = 0;
        _calls.Refuse = (call, _) => call == which && refused++ == 0 ? errno : Errno.None;
        action();
        _calls.Refuse = (_, _) => Errno.None;
        return Math.Min(refused, 1);
    }

    /// <summary>Inodes that have objects and no names, as those of removed directories during recovery.</summary>
    private sealed class Nameless(NamespaceState state) : IInodeSource
    {
        public bool TryGetAttributes(FileId inode, out InodeAttributes attributes) => state.TryGetAttributes(inode, out attributes);

        public ReadOnlySpan<byte> GetTarget(FileId inode) => state.GetTarget(inode);

        public int CopyIdentity(FileId inode, Span<byte> buffer) => state.CopyIdentity(inode, buffer);

        public ReadOnlySpan<byte> CopyPath(FileId inode, Span<byte> buffer, bool cut = false) => default;

        public int PathLength(FileId inode) => 0;
    }
}
