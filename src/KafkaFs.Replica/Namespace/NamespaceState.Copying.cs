using KafkaFs.Journal;
using KafkaFs.Replica.Namespace.Storage;

namespace KafkaFs.Replica.Namespace;

/// <summary>The state as rows, for a checkpoint; the parts of a row that are bytes are copied.</summary>
public sealed partial class NamespaceState
{
    internal NamespaceTotals Totals
    {
        get => new(IsCreated, Filesystem, Limits, Level, NextOffset, LogClockNs, LastSession, LastCookie);
        set => (IsCreated, Filesystem, Limits, Level, NextOffset, LogClockNs, LastSession, LastCookie) = value;
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

    /// <summary>False if the row is not one that this state can hold; then nothing is added. The same for the others.</summary>
    internal bool TryRestore(InodeRow row)
    {
        if (row.Inode.IsNone || SlotOf(row.Inode) != 0 || !IsSound(row.Attributes, row.Target) || row.Identity.Length > Effects.MaxIdentityBytes)
        {
            return false;
        }

        int slot = _inodes.Take();
        ref InodeSlot inode = ref _inodes[slot];
        (inode.Id, inode.Attributes, inode.Birth) = (row.Inode, row.Attributes, row.Birth);
        (inode.Identity, inode.IdentityLength) = (_bytes.Store(row.Identity), (ushort)row.Identity.Length);
        inode.Target = _bytes.Store(row.Target);
        _byId.Add(slot);
        return true;
    }

    private static bool IsSound(in InodeAttributes attributes, byte[] target) =>
        attributes.Type != InodeType.None && Enum.IsDefined(attributes.Type) && attributes.Mode <= 0xfff
        && (attributes.Type == InodeType.Symlink ? target.Length is >= 1 and <= 4_095 && attributes.Size == (ulong)target.Length : target.Length == 0);

    /// <summary>After the inodes, in the order of cookies.</summary>
    internal bool TryRestore(EntryRow row)
    {
        int parent = SlotOf(row.Parent), inode = SlotOf(row.Inode);
        if (parent == 0 || inode == 0 || !_inodes[parent].Attributes.IsDirectory || row.Name.Length is 0 or > 255
            || FindEntry(parent, row.Name) != 0 || row.Cookie < 1 || row.Cookie > LastCookie)
        {
            return false;
        }

        AddEntry(parent, row.Name, inode, row.Cookie);
        return true;
    }

    /// <summary>After the inodes, the last one of an inode first.</summary>
    internal bool TryRestore(XattrRow row)
    {
        int inode = SlotOf(row.Inode);
        if (inode == 0 || row.Name.Length is 0 or > 255 || row.Value.Length > 65_536 || FindXattr(inode, row.Name) != 0)
        {
            return false;
        }

        SetXattr(inode, row.Name, row.Value);
        return true;
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
    bool IsCreated, Guid Filesystem, Limits Limits, uint Level, long NextOffset, long LogClockNs, uint LastSession, long LastCookie);

internal sealed record InodeRow(FileId Inode, InodeAttributes Attributes, long Birth, byte[] Identity, byte[] Target);

internal sealed record EntryRow(FileId Parent, byte[] Name, FileId Inode, long Cookie);

internal sealed record XattrRow(FileId Inode, byte[] Name, byte[] Value);

internal sealed record SessionRow(long Number, SessionState State);

internal sealed record MasterRow(Guid Master, ulong LastRun);
