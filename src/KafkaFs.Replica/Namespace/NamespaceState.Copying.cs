using KafkaFs.Journal;
using KafkaFs.Replica.Namespace.Storage;

namespace KafkaFs.Replica.Namespace;

/// <summary>The state as rows, for a checkpoint; the parts of a row that are bytes are copied.</summary>
public sealed partial class NamespaceState
{
    // The last inode restored, and the slots that the last entry joined.
    private (FileId Last, int Parent, int Inode) _restored;

    internal NamespaceTotals Totals => new(IsCreated, Filesystem, Limits, Level, NextOffset, LogClockNs, LastSession, LastCookie, InodeCount, EntryCount);

    /// <summary>What the regular files hold, holes counted.</summary>
    internal long ContentBytes
    {
        get
        {
            long sum = 0;
            for (int slot = 1; slot < _inodes.End; slot++)
            {
                InodeAttributes attributes = _inodes[slot].Attributes;
                sum += !_inodes[slot].Id.IsNone && attributes.Type == InodeType.RegularFile ? (long)attributes.Size : 0;
            }

            return sum;
        }
    }

    internal IReadOnlyDictionary<Guid, ulong> LastRuns => _lastRuns;

    internal IEnumerable<InodeRow> InodeRows()
    {
        for (int slot = 1; slot < _inodes.End; slot++)
        {
            if (!_inodes[slot].Id.IsNone)
            {
                InodeSlot inode = _inodes[slot];
                yield return new InodeRow(
                    inode.Id, inode.Attributes, inode.Birth, _bytes.Get(inode.Identity, inode.IdentityLength).ToArray(), GetTarget(inode.Id).ToArray());
            }
        }
    }

    internal IEnumerable<EntryRow> EntryRows()
    {
        for (int slot = 1; slot < _entries.End; slot++)
        {
            if (_entries[slot].Cookie != 0)
            {
                EntrySlot entry = _entries[slot];
                yield return new EntryRow(_inodes[entry.Parent].Id, NameOf(slot).ToArray(), _inodes[entry.Inode].Id, entry.Cookie);
            }
        }
    }

    internal IEnumerable<XattrRow> XattrRows()
    {
        for (int slot = 1; slot < _inodes.End; slot++)
        {
            for (int xattr = _inodes[slot].FirstXattr; xattr != 0; xattr = _xattrs[xattr].HashNext)
            {
                yield return new XattrRow(
                    _inodes[slot].Id,
                    _bytes.Get(_xattrs[xattr].Name, _xattrs[xattr].NameLength).ToArray(),
                    _bytes.Get(_xattrs[xattr].Value, _xattrs[xattr].ValueLength).ToArray());
            }
        }
    }

    /// <summary>Of an empty state, before its rows: it then is what the checkpoint at this position holds, so nothing counts as changed.</summary>
    internal void Restore(NamespaceTotals totals)
    {
        (IsCreated, Filesystem, Limits, Level, NextOffset, LogClockNs, LastSession, LastCookie, int inodes, int entries) = totals;
        _byId.Reserve(inodes);
        _byName.Reserve(entries);
        _checkpoint = NextOffset;
    }

    /// <summary>
    /// Adds a row of a checkpoint: inodes first, then entries, then the rest, each in the order of its keys. False if the row is not one that
    /// this state can hold; the state is of no use then. The same for the others.
    /// </summary>
    internal bool TryRestore(NamespaceTable table, long key, ReadOnlySpan<byte> row) => table switch
    {
        NamespaceTable.Inodes => TryRestoreInode(new FileId((ulong)key), row),
        NamespaceTable.Entries => TryRestoreEntry(key, row),
        _ => TryRestoreXattrs(new FileId((ulong)key), row),
    };

    private bool TryRestoreInode(FileId id, ReadOnlySpan<byte> bytes)
    {
        RowReader row = new(bytes);
        InodeAttributes attributes = ReadAttributes(ref row);
        long birth = row.TakeInt64();
        ReadOnlySpan<byte> target = row.Take(row.TakeUInt16());
        ReadOnlySpan<byte> identity = row.TakeRest();
        if (row.HasFailed || id.Value <= _restored.Last.Value || !IsSound(attributes, target) || identity.Length > Effects.MaxIdentityBytes)
        {
            return false;
        }

        int slot = _inodes.Take();
        ref InodeSlot inode = ref _inodes[slot];
        (inode.Id, inode.Attributes, inode.Birth) = (id, attributes, birth);
        (inode.Identity, inode.IdentityLength) = (_bytes.Store(identity), (ushort)identity.Length);
        inode.Target = _bytes.Store(target);
        _byId.Add(slot);
        _restored.Last = id;
        _rowsHash += InodeHash(slot);
        return true;
    }

    private static bool IsSound(in InodeAttributes attributes, ReadOnlySpan<byte> target) =>
        attributes.Type != InodeType.None && Enum.IsDefined(attributes.Type) && attributes.Mode <= 0xfff
        && (attributes.Type == InodeType.Symlink ? target.Length is >= 1 and <= 4_095 && attributes.Size == (ulong)target.Length : target.Length == 0);

    private bool TryRestoreEntry(long cookie, ReadOnlySpan<byte> bytes)
    {
        RowReader row = new(bytes);
        int parent = NearSlotOf(new FileId(row.TakeUInt64()), _restored.Parent), inode = NearSlotOf(new FileId(row.TakeUInt64()), _restored.Inode + 1);
        ReadOnlySpan<byte> name = row.TakeRest();
        if (parent == 0 || inode == 0 || !_inodes[parent].Attributes.IsDirectory || name.Length is 0 or > 255
            || FindEntry(parent, name) != 0 || cookie < 1 || cookie > LastCookie)
        {
            return false;
        }

        AddEntry(parent, name, inode, cookie);
        (_restored.Parent, _restored.Inode) = (parent, inode);
        return true;
    }

    // Entries were mostly made in the order of their inodes, directory by directory: the guess spares a look all over the memory.
    private int NearSlotOf(FileId id, int guess) => guess != 0 && guess < _inodes.End && _inodes[guess].Id == id ? guess : SlotOf(id);

    // The last one first, so that they are listed in the order of the row again.
    private bool TryRestoreXattrs(FileId id, ReadOnlySpan<byte> bytes)
    {
        int inode = SlotOf(id);
        List<Range> xattrs = [];
        RowReader row = new(bytes);
        while (!row.IsAtEnd)
        {
            int start = bytes.Length - row.Left;
            int nameLength = row.TakeUInt16();
            uint valueLength = row.TakeUInt32();
            row.Take(nameLength);
            row.Take((int)Math.Min(valueLength, int.MaxValue));
            if (row.HasFailed || nameLength is 0 or > 255 || valueLength > 65_536)
            {
                return false;
            }

            xattrs.Add(start..(bytes.Length - row.Left));
        }

        for (int index = xattrs.Count - 1; index >= 0; index--)
        {
            RowReader xattr = new(bytes[xattrs[index]]);
            int nameLength = xattr.TakeUInt16();
            xattr.TakeUInt32();
            ReadOnlySpan<byte> name = xattr.Take(nameLength);
            if (inode == 0 || FindXattr(inode, name) != 0)
            {
                return false;
            }

            SetXattr(inode, name, xattr.TakeRest());
        }

        return xattrs.Count > 0;
    }

    internal bool TryRestore(SessionRow row) => row.Number >= 1 && row.Number <= LastSession && row.State.Master != Guid.Empty
        && _sessions.TryAdd(new SessionId((uint)row.Number), row.State);

    internal bool TryRestore(MasterRow row) => _lastRuns.TryAdd(row.Master, row.LastRun);

    /// <summary>An inode whose names or entries are not as many as its attributes say, the root if it is missing; null if all is well.</summary>
    internal FileId? FirstWrongCount()
    {
        for (int slot = 1; slot < _inodes.End; slot++)
        {
            ref readonly InodeSlot inode = ref _inodes[slot];
            (uint names, uint entries, uint subdirectories) = (inode.Id == FileId.Root ? 1u : 0, 0, 0);
            for (int name = inode.FirstName; name != 0; name = _entries[name].NextName)
            {
                names++;
            }

            for (int entry = inode.FirstEntry; entry != 0; entry = _entries[entry].Next)
            {
                entries++;
                subdirectories += _inodes[_entries[entry].Inode].Attributes.IsDirectory ? 1u : 0;
            }

            if ((names, entries, subdirectories) != (inode.Attributes.Links, inode.Attributes.Entries, inode.Attributes.Subdirectories))
            {
                return inode.Id;
            }
        }

        return IsCreated && SlotOf(FileId.Root) == 0 ? FileId.Root : null;
    }
}

/// <summary>What there is once.</summary>
internal sealed record NamespaceTotals(
    bool IsCreated, Guid Filesystem, Limits Limits, uint Level, long NextOffset, long LogClockNs, uint LastSession, long LastCookie, int Inodes, int Entries);

internal sealed record InodeRow(FileId Inode, InodeAttributes Attributes, long Birth, byte[] Identity, byte[] Target);

internal sealed record EntryRow(FileId Parent, byte[] Name, FileId Inode, long Cookie);

internal sealed record XattrRow(FileId Inode, byte[] Name, byte[] Value);

internal sealed record SessionRow(long Number, SessionState State);

internal sealed record MasterRow(Guid Master, ulong LastRun);
