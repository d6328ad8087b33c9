using KafkaFs.Journal;
using KafkaFs.Journal.Check;
using KafkaFs.Replica.Namespace.Storage;

namespace KafkaFs.Replica.Namespace;

/// <summary>
/// The replicated state: inodes with all of `stat`, xattrs and names, sessions, clocks, and the position it stands at. Only
/// <see cref="Publish"/> changes it, by the holder of the apply lock, which needs no further lock to read; everyone else reads
/// inside <see cref="Gate"/>, where publishing is too. Spans that it gives are valid until the next change.
/// </summary>
public sealed partial class NamespaceState : IInodeSource
{
    /// <summary>Most open sessions of a filesystem.</summary>
    public const int MaxSessions = 1_024;

    private readonly SlotArray<InodeSlot> _inodes = new();
    private readonly SlotArray<EntrySlot> _entries = new();
    private readonly SlotArray<XattrSlot> _xattrs = new();
    private readonly HashIndex<InodeSlot> _byId;
    private readonly HashIndex<EntrySlot> _byName;
    private readonly ByteArena _bytes = new();
    private readonly Dictionary<SessionId, SessionState> _sessions = [];
    private readonly Dictionary<Guid, ulong> _lastRuns = [];

    public NamespaceState() => (_byId, _byName) = (new HashIndex<InodeSlot>(_inodes), new HashIndex<EntrySlot>(_entries));

    /// <summary>Held while the state changes, and by readers other than the holder of the apply lock.</summary>
    public Lock Gate { get; } = new();

    /// <summary>FilesystemCreated has been accepted.</summary>
    public bool IsCreated { get; private set; }

    public Guid Filesystem { get; private set; }

    public Limits Limits { get; private set; }

    /// <summary>The replicated format level; 0 before the filesystem is created.</summary>
    public uint Level { get; private set; }

    /// <summary>Offset of the next record to evaluate.</summary>
    public long NextOffset { get; private set; }

    /// <summary>Offsets that the log lacks and that are gone past, or null. Set before the first record.</summary>
    internal OffsetGap? AcceptedGap { get; set; }

    /// <summary>The largest implicit time so far, nanoseconds since 1970.</summary>
    public long LogClockNs { get; private set; }

    /// <summary>Number of accepted SessionStarted records: the number of the last session.</summary>
    public uint LastSession { get; private set; }

    /// <summary>The largest cookie given to an entry.</summary>
    public long LastCookie { get; private set; }

    public int InodeCount => _inodes.Count;

    public int EntryCount => _entries.Count;

    /// <summary>Sessions that may write.</summary>
    public IReadOnlyDictionary<SessionId, SessionState> Sessions => _sessions;

    /// <summary>The run of the last accepted start of a master; 0 for an unknown one.</summary>
    public ulong LastRun(Guid master) => _lastRuns.GetValueOrDefault(master);

    /// <inheritdoc/>
    public bool TryGetAttributes(FileId inode, out InodeAttributes attributes)
    {
        int slot = SlotOf(inode);
        attributes = slot == 0 ? default : _inodes[slot].Attributes;
        return slot != 0;
    }

    /// <summary>The inode at a name; None if there is no such name or no such directory.</summary>
    public FileId Lookup(FileId parent, ReadOnlySpan<byte> name)
    {
        int entry = FindEntry(SlotOf(parent), name);
        return entry == 0 ? FileId.None : _inodes[_entries[entry].Inode].Id;
    }

    /// <inheritdoc/>
    public int CopyIdentity(FileId inode, Span<byte> buffer)
    {
        lock (Gate)
        {
            int slot = SlotOf(inode);
            ReadOnlySpan<byte> identity = slot == 0 ? default : _bytes.Get(_inodes[slot].Identity, _inodes[slot].IdentityLength);
            identity.CopyTo(buffer);
            return identity.Length;
        }
    }

    /// <inheritdoc/>
    public ReadOnlySpan<byte> CopyPath(FileId inode, Span<byte> buffer, bool cut = false)
    {
        lock (Gate)
        {
            return TryGetName(inode, out FileId parent, out ReadOnlySpan<byte> name) && (cut || LengthOfPath(inode) <= buffer.Length)
                ? WritePath(parent, name, buffer)
                : default;
        }
    }

    /// <inheritdoc/>
    public int PathLength(FileId inode)
    {
        lock (Gate)
        {
            return Math.Max(0, LengthOfPath(inode));
        }
    }

    /// <summary>Any one name of a live inode and its directory; false for the root and for inodes without a name.</summary>
    public bool TryGetName(FileId inode, out FileId parent, out ReadOnlySpan<byte> name)
    {
        int slot = SlotOf(inode);
        int entry = slot == 0 ? 0 : _inodes[slot].FirstName;
        parent = entry == 0 ? FileId.None : _inodes[_entries[entry].Parent].Id;
        name = entry == 0 ? default : NameOf(entry);
        return entry != 0;
    }

    /// <inheritdoc/>
    public ReadOnlySpan<byte> GetTarget(FileId inode)
    {
        int slot = SlotOf(inode);
        return slot == 0 ? default : TargetOf(slot);
    }

    /// <summary>The value of an extended attribute, which may be empty; false if there is none of that name.</summary>
    public bool TryGetXattr(FileId inode, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        int xattr = FindXattr(SlotOf(inode), name);
        value = xattr == 0 ? default : _bytes.Get(_xattrs[xattr].Value, _xattrs[xattr].ValueLength);
        return xattr != 0;
    }

    /// <summary>The names of all extended attributes, each with a NUL; returns their length and fills what fits whole.</summary>
    public int ListXattrs(FileId inode, Span<byte> names)
    {
        int slot = SlotOf(inode);
        int length = 0;
        for (int xattr = slot == 0 ? 0 : _inodes[slot].FirstXattr; xattr != 0; xattr = _xattrs[xattr].HashNext)
        {
            ReadOnlySpan<byte> name = _bytes.Get(_xattrs[xattr].Name, _xattrs[xattr].NameLength);
            if (length + name.Length < names.Length)
            {
                name.CopyTo(names[length..]);
                names[length + name.Length] = 0;
            }

            length += name.Length + 1;
        }

        return length;
    }

    /// <summary>What the extended attributes of an inode count against XattrTotalMax: names, values, and 32 bytes each.</summary>
    public long GetXattrBytes(FileId inode)
    {
        int slot = SlotOf(inode);
        long total = 0;
        for (int xattr = slot == 0 ? 0 : _inodes[slot].FirstXattr; xattr != 0; xattr = _xattrs[xattr].HashNext)
        {
            total += _xattrs[xattr].NameLength + _xattrs[xattr].ValueLength + 32;
        }

        return total;
    }

    /// <summary>
    /// The entry after the cursor in the order of cookies, and moves the cursor to it; false at the end. Going on from where the
    /// last call stopped costs O(1); from a cookie alone O(entries).
    /// </summary>
    public bool TryReadEntry(ref DirectoryCursor cursor, out DirectoryEntry entry)
    {
        entry = default;
        int directory = SlotOf(cursor.Directory);
        if (directory == 0)
        {
            return false;
        }

        int slot = NextEntry(directory, cursor);
        if (slot == 0)
        {
            return false;
        }

        ref EntrySlot found = ref _entries[slot];
        ref InodeSlot inode = ref _inodes[found.Inode];
        entry = new DirectoryEntry(found.Cookie, NameOf(slot), inode.Id, inode.Attributes.Type);
        (cursor.Cookie, cursor.Slot) = (found.Cookie, slot);
        return true;
    }

    /// <summary>
    /// The path of <paramref name="name"/> in <paramref name="parent"/> below the root, without a leading slash, into the end of
    /// <paramref name="buffer"/>; what does not fit is cut at its start. An empty name gives the path of the directory itself.
    /// </summary>
    public ReadOnlySpan<byte> WritePath(FileId parent, ReadOnlySpan<byte> name, Span<byte> buffer)
    {
        int start = Prepend(buffer, buffer.Length, name);
        FileId directory = parent;
        while (start > 0 && TryGetName(directory, out FileId above, out ReadOnlySpan<byte> part))
        {
            if (start < buffer.Length)
            {
                buffer[--start] = (byte)'/';
            }

            start = Prepend(buffer, start, part);
            directory = above;
        }

        return buffer[start..];
    }

    private int LengthOfPath(FileId inode)
    {
        int length = -1;
        for (FileId current = inode; TryGetName(current, out current, out ReadOnlySpan<byte> name);)
        {
            length += name.Length + 1;
        }

        return length;
    }

    private static int Prepend(Span<byte> buffer, int start, ReadOnlySpan<byte> part)
    {
        int fits = Math.Min(start, part.Length);
        part[^fits..].CopyTo(buffer[(start - fits)..]);
        return start - fits;
    }

    private int SlotOf(FileId id)
    {
        int slot = _byId.First(InodeSlot.HashOf(id));
        while (slot != 0 && _inodes[slot].Id != id)
        {
            slot = _inodes[slot].HashNext;
        }

        return slot;
    }

    private int FindEntry(int parent, ReadOnlySpan<byte> name)
    {
        if (parent == 0)
        {
            return 0;
        }

        uint hash = EntrySlot.HashOf(parent, name);
        int slot = _byName.First(hash);
        while (slot != 0 && (_entries[slot].Hash != hash || _entries[slot].Parent != parent || !NameOf(slot).SequenceEqual(name)))
        {
            slot = _entries[slot].HashNext;
        }

        return slot;
    }

    private int FindXattr(int inode, ReadOnlySpan<byte> name)
    {
        int xattr = inode == 0 ? 0 : _inodes[inode].FirstXattr;
        while (xattr != 0 && !_bytes.Get(_xattrs[xattr].Name, _xattrs[xattr].NameLength).SequenceEqual(name))
        {
            xattr = _xattrs[xattr].HashNext;
        }

        return xattr;
    }

    private int NextEntry(int directory, in DirectoryCursor cursor)
    {
        // The hint holds if that slot is still the entry that was read last.
        if (cursor.Slot != 0 && cursor.Slot < _entries.End
            && _entries[cursor.Slot].Cookie == cursor.Cookie && _entries[cursor.Slot].Parent == directory)
        {
            return _entries[cursor.Slot].Next;
        }

        int slot = _inodes[directory].FirstEntry;
        while (slot != 0 && _entries[slot].Cookie <= cursor.Cookie)
        {
            slot = _entries[slot].Next;
        }

        return slot;
    }

    private ReadOnlySpan<byte> NameOf(int entry) => _bytes.Get(_entries[entry].Name, _entries[entry].NameLength);
}
