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

    /// <summary>Takes ownership of <paramref name="fd"/> and leases it.</summary>
    public DescriptorLease Add(FileId inode, SafeFd fd)
    {
        lock (_gate)
        {
            Drop(inode);
            _byId[inode] = _byUse.AddFirst((inode, fd));
            DescriptorLease lease = new(fd);
            if (_byId.Count > capacity)
            {
                Drop(_byUse.Last!.Value.Inode);
            }

            return lease;
        }
    }

    /// <summary>The object is gone.</summary>
    public void Remove(FileId inode)
    {
        lock (_gate)
        {
            Drop(inode);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
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
