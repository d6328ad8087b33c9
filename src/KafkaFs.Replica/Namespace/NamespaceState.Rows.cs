using KafkaFs.Replica.Namespace.Storage;

namespace KafkaFs.Replica.Namespace;

/// <summary>
/// Rows as bytes, little-endian: the form in which a checkpoint keeps them and the state hash sees them. A change of a row's form
/// is a change of the index format, and one of a replicated part also of the state hash.
/// </summary>
public sealed partial class NamespaceState
{
    /// <summary>
    /// Appends the row, without its key, to <paramref name="buffer"/>; false if <paramref name="slot"/> no longer holds it. Inside Gate.
    /// </summary>
    internal bool TryWriteRow(NamespaceTable table, long key, int slot, RowBuffer buffer)
    {
        if (table == NamespaceTable.Entries)
        {
            if (_entries[slot].Cookie != key)
            {
                return false;
            }

            WriteEntry(slot, buffer);
            return true;
        }

        if (_inodes[slot].Id.Value != (ulong)key)
        {
            return false;
        }

        if (table == NamespaceTable.Inodes)
        {
            WriteInode(slot, buffer);
            buffer.Put(_bytes.Get(_inodes[slot].Identity, _inodes[slot].IdentityLength));
            return true;
        }

        return WriteXattrs(slot, buffer);
    }

    /// <summary>The row, without its key; null if <paramref name="slot"/> no longer holds it. Inside Gate.</summary>
    internal byte[]? CopyRow(NamespaceTable table, long key, int slot)
    {
        _scratch.Clear();
        return TryWriteRow(table, key, slot, _scratch) ? _scratch.Written.ToArray() : null;
    }

    // Everything but the identity, which is this replica's own.
    private void WriteInode(int slot, RowBuffer buffer)
    {
        ref readonly InodeSlot inode = ref _inodes[slot];
        ref readonly InodeAttributes attributes = ref inode.Attributes;
        buffer.Put((byte)attributes.Type);
        buffer.Put(attributes.HasAtime ? (byte)1 : (byte)0);
        buffer.Put(attributes.Mode);
        buffer.Put(attributes.Uid);
        buffer.Put(attributes.Gid);
        buffer.Put(attributes.Rdev);
        buffer.Put(attributes.Links);
        buffer.Put(attributes.Entries);
        buffer.Put(attributes.Subdirectories);
        buffer.Put(attributes.Size);
        buffer.Put(attributes.MtimeNs);
        buffer.Put(attributes.CtimeNs);
        buffer.Put(attributes.BtimeNs);
        buffer.Put(attributes.AtimeNs);
        buffer.Put(inode.Birth);
        ReadOnlySpan<byte> target = TargetOf(slot);
        buffer.Put((ushort)target.Length);
        buffer.Put(target);
    }

    private void WriteEntry(int slot, RowBuffer buffer)
    {
        ref readonly EntrySlot entry = ref _entries[slot];
        buffer.Put(_inodes[entry.Parent].Id.Value);
        buffer.Put(_inodes[entry.Inode].Id.Value);
        buffer.Put(NameOf(slot));
    }

    private bool WriteXattrs(int inode, RowBuffer buffer)
    {
        int first = _inodes[inode].FirstXattr;
        for (int slot = first; slot != 0; slot = _xattrs[slot].HashNext)
        {
            WriteXattr(slot, buffer);
        }

        return first != 0;
    }

    private void WriteXattr(int slot, RowBuffer buffer)
    {
        ref readonly XattrSlot xattr = ref _xattrs[slot];
        buffer.Put(xattr.NameLength);
        buffer.Put((uint)xattr.ValueLength);
        buffer.Put(_bytes.Get(xattr.Name, xattr.NameLength));
        buffer.Put(_bytes.Get(xattr.Value, xattr.ValueLength));
    }

    private static InodeAttributes ReadAttributes(ref RowReader row) => new()
    {
        Type = (InodeType)row.TakeByte(),
        HasAtime = row.TakeByte() != 0,
        Mode = row.TakeUInt16(),
        Uid = row.TakeUInt32(),
        Gid = row.TakeUInt32(),
        Rdev = row.TakeUInt32(),
        Links = row.TakeUInt32(),
        Entries = row.TakeUInt32(),
        Subdirectories = row.TakeUInt32(),
        Size = row.TakeUInt64(),
        MtimeNs = row.TakeInt64(),
        CtimeNs = row.TakeInt64(),
        BtimeNs = row.TakeInt64(),
        AtimeNs = row.TakeInt64(),
    };

    private ReadOnlySpan<byte> TargetOf(int slot) => _bytes.Get(_inodes[slot].Target, (int)_inodes[slot].Attributes.Size);
}
