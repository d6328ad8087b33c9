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

    internal void Restore(InodeRow row)
    {
        int slot = _inodes.Take();
        ref InodeSlot inode = ref _inodes[slot];
        (inode.Id, inode.Attributes, inode.Birth) = (row.Inode, row.Attributes, row.Birth);
        (inode.Identity, inode.IdentityLength) = (_bytes.Store(row.Identity), (ushort)row.Identity.Length);
        inode.Target = _bytes.Store(row.Target);
        _byId.Add(slot);
    }

    /// <summary>In the order of cookies.</summary>
    internal void Restore(EntryRow row) => AddEntry(SlotOf(row.Parent), row.Name, SlotOf(row.Inode), row.Cookie);

    internal void Restore(XattrRow row) => SetXattr(SlotOf(row.Inode), row.Name, row.Value);

    internal void Restore(SessionId id, SessionState session) => _sessions[id] = session;

    internal void Restore(Guid master, ulong lastRun) => _lastRuns[master] = lastRun;
}

/// <summary>What there is once.</summary>
internal sealed record NamespaceTotals(
    bool IsCreated, Guid Filesystem, Limits Limits, uint Level, long NextOffset, long LogClockNs, uint LastSession, long LastCookie);

internal sealed record InodeRow(FileId Inode, InodeAttributes Attributes, long Birth, byte[] Identity, byte[] Target);

internal sealed record EntryRow(FileId Parent, byte[] Name, FileId Inode, long Cookie);

internal sealed record XattrRow(FileId Inode, byte[] Name, byte[] Value);
