using KafkaFs.Journal;
using KafkaFs.Posix;

namespace KafkaFs.Replica.Tree;

/// <summary>
/// The O_PATH descriptors of the objects used last: they follow renames, so they stay right. Bounded; safe for use from several
/// threads: what is evicted closes when its last user is done.
/// </summary>
internal sealed class DescriptorCache(int capacity) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<FileId, LinkedListNode<(FileId Inode, SafeFd Fd)>> _byId = [];
    private readonly LinkedList<(FileId Inode, SafeFd Fd)> _byUse = new();
    private FileId _buried;

    /// <summary>A descriptor that stays open until the lease is disposed.</summary>
    public bool TryGet(FileId inode, out DescriptorLease lease)
    {
        lock (_gate)
        {
            if (!_byId.TryGetValue(inode, out LinkedListNode<(FileId Inode, SafeFd Fd)>? node))
            {
                lease = default;
                return false;
            }

            _byUse.Remove(node);
            _byUse.AddFirst(node);
            lease = new DescriptorLease(node.Value.Fd);
            return true;
        }
    }

    /// <summary>Takes ownership of <paramref name="fd"/> and leases it; of the inode buried last it is not kept.</summary>
    public DescriptorLease Add(FileId inode, SafeFd fd)
    {
        lock (_gate)
        {
            DescriptorLease lease = new(fd);
            if (inode == _buried)
            {
                fd.Dispose();
                return lease;
            }

            Drop(inode);
            _byId[inode] = _byUse.AddFirst((inode, fd));
            if (_byId.Count > capacity)
            {
                Drop(_byUse.Last!.Value.Inode);
            }

            return lease;
        }
    }

    /// <summary>What was kept of the inode is not its object any more.</summary>
    public void Remove(FileId inode)
    {
        lock (_gate)
        {
            Drop(inode);
        }
    }

    /// <summary>
    /// The object is gone, and the namespace is about to say so: until the next burial, readers that found it before do not bring
    /// it back.
    /// </summary>
    public void Bury(FileId inode)
    {
        lock (_gate)
        {
            _buried = inode;
            Drop(inode);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Clear();

    /// <summary>Closes everything that is not leased.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            foreach ((FileId _, SafeFd fd) in _byUse)
            {
                fd.Dispose();
            }

            _byUse.Clear();
            _byId.Clear();
        }
    }

    private void Drop(FileId inode)
    {
        if (_byId.Remove(inode, out LinkedListNode<(FileId Inode, SafeFd Fd)>? node))
        {
            _byUse.Remove(node);
            node.Value.Fd.Dispose();
        }
    }
}
