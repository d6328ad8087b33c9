using KafkaFs.Journal;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Tree;
using Xunit;

namespace KafkaFs.Replica.Tests.Tree;

/// <summary>No descriptor of a dead inode stays: it would hold the space of a deleted file.</summary>
public sealed class DescriptorCacheTests(TmpfsFixture place) : IClassFixture<TmpfsFixture>
{
    private static readonly FileId s_inode = new(77), s_other = new(78);

    [Fact]
    public void WhatAReaderFoundBeforeTheBurialIsUsedAndNotKept()
    {
        using DescriptorCache cache = new(4);
        cache.Bury(s_inode);
        SafeFd fd = Open();
        using (DescriptorLease lease = cache.Add(s_inode, fd))
        {
            Assert.Equal(Errno.None, FileCalls.Stat(lease.Fd, default, out _));
            Assert.False(cache.TryGet(s_inode, out _));
        }

        Assert.Throws<ObjectDisposedException>(() => FileCalls.Stat(fd, default, out _));
    }

    [Fact]
    public void WhatWasKeptIsClosedByTheBurial()
    {
        using DescriptorCache cache = new(4);
        cache.Add(s_inode, Open()).Dispose();
        cache.Add(s_other, Open()).Dispose();
        cache.Bury(s_inode);
        Assert.False(cache.TryGet(s_inode, out _));
        Assert.True(cache.TryGet(s_other, out DescriptorLease lease));
        lease.Dispose();
    }

    [Fact]
    public void AnInodeThatDiedWhileItWasReachedIsNotKept()
    {
        using TreeUnderTest tree = new(place);
        FileId file = tree.Log.Make(Journal.Codec.ChangeKind.Create, FileId.Root, "f");
        tree.Reopen();
        DyingSource source = new(tree.Log.State);
        for (int round = 1; round <= 2; round++)
        {
            source.LooksLeft = 1;
            Assert.Equal(Errno.None, tree.Tree.OpenFile(file, OpenFlags.ReadOnly, source, out SafeFd fd));
            fd.Dispose();

            // It was looked for again: the round before has not kept it.
            Assert.Equal(0, source.LooksLeft);
        }
    }

    private SafeFd Open()
    {
        Assert.Equal(Errno.None, FileCalls.Open(null, System.Text.Encoding.UTF8.GetBytes(place["."]), OpenFlags.PathOnly, 0, out SafeFd fd));
        return fd;
    }

    /// <summary>A namespace whose inodes die after some looks at them.</summary>
    private sealed class DyingSource(NamespaceState state) : IInodeSource
    {
        public int LooksLeft { get; set; }

        public bool TryGetAttributes(FileId inode, out InodeAttributes attributes) => state.TryGetAttributes(inode, out attributes);

        public ReadOnlySpan<byte> GetTarget(FileId inode) => state.GetTarget(inode);

        public int CopyIdentity(FileId inode, Span<byte> buffer)
        {
            if (LooksLeft == 0)
            {
                return 0;
            }

            LooksLeft--;
            return state.CopyIdentity(inode, buffer);
        }

        public ReadOnlySpan<byte> CopyPath(FileId inode, Span<byte> buffer, bool cut = false) => state.CopyPath(inode, buffer, cut);

        public int PathLength(FileId inode) => state.PathLength(inode);
    }
}
