using KafkaFs.Journal;

namespace KafkaFs.Replica.Namespace;

/// <summary>What a checkpoint needs to know: the rows that changed since the last one.</summary>
public sealed partial class NamespaceState
{
    private NamespaceChanges _changes = new();
    private NamespaceDelta? _frozen;
    private long? _checkpoint;

    /// <summary>Rows that changed since the last freeze or load, those that are gone among them. From any thread.</summary>
    internal int ChangedRows
    {
        get
        {
            lock (Gate)
            {
                return _changes.Count;
            }
        }
    }

    /// <summary>The state is another than at the last freeze or load, be it only by its position. From any thread.</summary>
    internal bool HasChanges
    {
        get
        {
            lock (Gate)
            {
                return _changes.Count > 0 || NextOffset != (_checkpoint ?? 0);
            }
        }
    }

    /// <summary>
    /// What changed since the last freeze or load, with the values of now; changes from now on belong to the next one. By the holder
    /// of the apply lock, between two records, in a time that does not depend on the number of files. Throws if the last delta is not
    /// complete. A delta that is given up takes its changes with it: only a load of the last checkpoint makes up for it.
    /// </summary>
    internal NamespaceDelta Freeze()
    {
        lock (Gate)
        {
            if (_frozen is not null)
            {
                throw new InvalidOperationException("The namespace is frozen while its last delta is not complete.");
            }

            SessionRow[] sessions = [.. _sessions.Select(pair => new SessionRow(pair.Key.Number, pair.Value))];
            MasterRow[] masters = [.. _changes.Masters.Select(master => new MasterRow(master, _lastRuns[master]))];
            _frozen = new NamespaceDelta(this, _changes, _checkpoint, StateHash, sessions, masters);
            _changes = new NamespaceChanges();
            _checkpoint = NextOffset;
            return _frozen;
        }
    }

    /// <summary>Recovery found or made another object for a live inode; its identity is this replica's own. By the holder of the apply lock.</summary>
    internal void SetIdentity(FileId inode, ReadOnlySpan<byte> identity)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(identity.Length, Effects.MaxIdentityBytes);
        lock (Gate)
        {
            int slot = SlotOf(inode);
            if (slot == 0)
            {
                throw new InvalidOperationException($"Inode {inode} is not in the namespace.");
            }

            MarkInode(slot);
            ref Storage.InodeSlot row = ref _inodes[slot];
            _bytes.Free(row.Identity, row.IdentityLength);
            (row.Identity, row.IdentityLength) = (_bytes.Store(identity), (ushort)identity.Length);
        }
    }

    internal void Drop(NamespaceDelta delta)
    {
        lock (Gate)
        {
            ThrowUnlessFrozen(delta);
            _frozen = null;
        }
    }

    internal void ThrowUnlessFrozen(NamespaceDelta delta)
    {
        if (_frozen != delta)
        {
            throw new InvalidOperationException("The delta is complete: its rows are no longer kept.");
        }
    }

    // Before the row changes, or, if it is a new one, after it was made.
    private void Mark(NamespaceTable table, long key, int slot)
    {
        _frozen?.Keep(table, key, slot);
        _changes[table].TryAdd(key, slot);
    }

    private void MarkInode(int slot) => Mark(NamespaceTable.Inodes, (long)_inodes[slot].Id.Value, slot);

    private void MarkEntry(int slot) => Mark(NamespaceTable.Entries, _entries[slot].Cookie, slot);

    private void MarkXattrs(int inode) => Mark(NamespaceTable.Xattrs, (long)_inodes[inode].Id.Value, inode);
}
