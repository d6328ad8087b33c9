using System.Collections.Concurrent;
using KafkaFs.Journal;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.MasterHost.FileSystem;

/// <summary>The unlinked inodes that the kernel still knows. Safe for use from several threads.</summary>
/// <param name="later">Does something on a thread that may wait for the disk.</param>
internal sealed class OrphanTable(LocalReplica replica, LookupTable lookups, Action<Action> later) : IDisposable
{
    private readonly ConcurrentDictionary<FileId, Orphan> _orphans = new();
    private readonly Lock _settling = new();

    public int Count => _orphans.Count;

    /// <summary>
    /// The last name of an inode is about to go: keeps hold of it. Whether the kernel knows it is only settled once the name is gone
    /// (<see cref="Settle"/>): a lookup may be under way. By the holder of the apply lock.
    /// </summary>
    /// <param name="timeNs">When it goes, nanoseconds since 1970.</param>
    public void Keep(FileId inode, long timeNs)
    {
        NamespaceState state = replica.Namespace;
        if (_orphans.ContainsKey(inode) || !state.TryGetAttributes(inode, out InodeAttributes attributes))
        {
            return;
        }

        SafeFd? content = attributes.Type == InodeType.RegularFile ? OpenContent(inode) : null;
        (attributes.Links, attributes.Entries, attributes.Subdirectories) = (0, 0, 0);
        attributes.CtimeNs = timeNs;
        state.TryGetName(inode, out FileId parent, out ReadOnlySpan<byte> name);
        _orphans[inode] = new Orphan(attributes, content, state.GetTarget(inode).ToArray(), Xattrs(state, inode), state.Limits) { LastName = (parent, name.ToArray()) };
    }

    /// <summary>The name is gone from the namespace: nobody new can find the inode.</summary>
    public void Settle(FileId inode)
    {
        lock (_settling)
        {
            if (_orphans.TryGetValue(inode, out Orphan? orphan))
            {
                orphan.IsSettled = true;
                DropUnlessKnown(inode);
            }
        }
    }

    /// <summary>The kernel has forgotten the inode; while its last name is only about to go, a lookup may still find it.</summary>
    public void OnForgotten(FileId inode)
    {
        lock (_settling)
        {
            if (_orphans.TryGetValue(inode, out Orphan? orphan) && orphan.IsSettled)
            {
                DropUnlessKnown(inode);
            }
        }
    }

    /// <summary>Those that have no name any more, with their last one.</summary>
    public IEnumerable<(FileId Inode, FileId Parent, byte[] Name)> Settled() =>
        _orphans.Where(static orphan => orphan.Value.IsSettled).Select(static orphan => (orphan.Key, orphan.Value.LastName.Parent, orphan.Value.LastName.Name));

    public bool TryGet(FileId inode, out Orphan orphan) => _orphans.TryGetValue(inode, out orphan!);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Orphan orphan in _orphans.Values)
        {
            orphan.Dispose();
        }

        _orphans.Clear();
    }

    private void DropUnlessKnown(FileId inode)
    {
        if (!lookups.Contains(inode) && _orphans.TryRemove(inode, out Orphan? orphan))
        {
            // The disk frees what a large file took, which may take seconds.
            later(orphan.Dispose);
        }
    }

    private SafeFd? OpenContent(FileId inode)
    {
        Errno errno = replica.Tree.OpenFile(inode, OpenFlags.ReadWrite, replica.Namespace, out SafeFd fd);
        errno = errno == Errno.None ? errno : replica.Tree.OpenFile(inode, OpenFlags.ReadOnly, replica.Namespace, out fd);
        return errno == Errno.None ? fd : null;
    }

    private static List<(byte[] Name, byte[] Value)> Xattrs(NamespaceState state, FileId inode)
    {
        byte[] names = new byte[state.ListXattrs(inode, default)];
        state.ListXattrs(inode, names);
        List<(byte[] Name, byte[] Value)> xattrs = [];
        for (Span<byte> rest = names; !rest.IsEmpty; rest = rest[(xattrs[^1].Name.Length + 1)..])
        {
            byte[] name = rest[..rest.IndexOf((byte)0)].ToArray();
            state.TryGetXattr(inode, name, out ReadOnlySpan<byte> value);
            xattrs.Add((name, value.ToArray()));
        }

        return xattrs;
    }
}
