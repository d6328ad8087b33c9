using System.Collections.Concurrent;
using KafkaFs.Journal;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.MasterHost.FileSystem;

/// <summary>The unlinked inodes that the kernel still knows. Safe for use from several threads.</summary>
internal sealed class OrphanTable(LocalReplica replica, LookupTable lookups) : IDisposable
{
    private readonly ConcurrentDictionary<FileId, Orphan> _orphans = new();

    public int Count => _orphans.Count;

    /// <summary>
    /// The last name of an inode is about to go: keeps hold of it. Whether the kernel knows it is only settled once the name is gone
    /// (<see cref="Settle"/>): a lookup may be under way. By the holder of the apply lock.
    /// </summary>
    public void Keep(FileId inode)
    {
        if (_orphans.ContainsKey(inode) || !replica.Namespace.TryGetAttributes(inode, out InodeAttributes attributes))
        {
            return;
        }

        SafeFd? content = null;
        if (attributes.Type == InodeType.RegularFile
            && replica.Tree.OpenFile(inode, OpenFlags.ReadWrite, replica.Namespace, out SafeFd fd) == Errno.None)
        {
            content = fd;
        }

        (attributes.Links, attributes.Entries, attributes.Subdirectories) = (0, 0, 0);
        _orphans[inode] = new Orphan(inode, attributes, content, replica.Namespace.GetTarget(inode).ToArray());
    }

    /// <summary>The name is gone from the namespace: nobody new can find the inode.</summary>
    public void Settle(FileId inode)
    {
        if (!lookups.Contains(inode))
        {
            Drop(inode);
        }
    }

    public bool TryGet(FileId inode, out Orphan orphan) => _orphans.TryGetValue(inode, out orphan!);

    /// <summary>The kernel has forgotten the inode.</summary>
    public void Drop(FileId inode)
    {
        if (_orphans.TryRemove(inode, out Orphan? orphan))
        {
            orphan.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (FileId inode in _orphans.Keys)
        {
            Drop(inode);
        }
    }
}
