using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Replica.Namespace.Storage;

namespace KafkaFs.Replica.Namespace;

/// <summary>The only way the state changes: what evaluation found and the tree has made real.</summary>
public sealed partial class NamespaceState
{
    /// <summary>A record at this offset is the next one, also if an accepted gap is before it.</summary>
    internal bool MayFollow(long offset) => offset == NextOffset || (AcceptedGap?.First == NextOffset && AcceptedGap.Last == offset - 1);

    /// <summary>
    /// Carries out what <paramref name="effects"/> say and moves on to the record after <paramref name="offset"/>. By the holder of
    /// the apply lock, with the effects of the evaluation of this very record. No system calls.
    /// </summary>
    public void Publish(in Change change, Outcome outcome, Effects effects, long offset)
    {
        lock (Gate)
        {
            if (!MayFollow(offset))
            {
                throw new InvalidOperationException($"Record {offset} is published where {NextOffset} is next.");
            }

            NextOffset = offset + 1;
            LogClockNs = Math.Max(LogClockNs, effects.TimeNs);
            PublishSession(change, effects);
            if (outcome.IsAccepted && outcome.Errno == Posix.Errno.None)
            {
                PublishControl(change);
                PublishNames(change, effects, offset);
                PublishUpdates(effects);
            }
        }
    }

    private void PublishSession(in Change change, Effects effects)
    {
        if (!effects.ConsumesSequence)
        {
            return;
        }

        SessionState session = _sessions[change.Header.Session];
        _sessions[change.Header.Session] = session with
        {
            ExpectedSequence = session.ExpectedSequence + 1,
            LastCounter = Math.Max(session.LastCounter, effects.UsedCounter),
        };
    }

    private void PublishControl(in Change change)
    {
        switch (change.Kind)
        {
            case ChangeKind.FilesystemCreated:
                (IsCreated, Filesystem, Limits, Level) = (true, change.Header.Filesystem, change.Limits, change.Header.Level);
                break;
            case ChangeKind.FormatRaised:
                Level = change.NewLevel;
                break;
            case ChangeKind.SessionStarted:
                CloseSessionsOf(change.Master);
                _lastRuns[change.Master] = change.Run;
                _changes.Masters.Add(change.Master);
                _sessions[new SessionId(++LastSession)] = new SessionState(change.Master, change.Run, 0, 0, 0);
                break;
            case ChangeKind.SessionEnded:
                _sessions.Remove(change.Closes == SessionId.None ? change.Header.Session : change.Closes);
                break;
            case ChangeKind.Fence:
                _sessions[change.Header.Session] = _sessions[change.Header.Session] with
                {
                    Incarnation = change.NewIncarnation,
                    ExpectedSequence = 0,
                };
                break;
        }
    }

    private void CloseSessionsOf(Guid master)
    {
        foreach (SessionId id in _sessions.Where(pair => pair.Value.Master == master).Select(pair => pair.Key).ToArray())
        {
            _sessions.Remove(id);
        }
    }

    private void PublishNames(in Change change, Effects effects, long offset)
    {
        switch (effects.Kind)
        {
            case EffectKind.Make:
                int made = AddInode(change, effects, offset);
                if (!effects.Parent.IsNone)
                {
                    MakeEntry(SlotOf(effects.Parent), change.Name, made);
                }

                break;
            case EffectKind.Link:
                MakeEntry(SlotOf(effects.Parent), change.Name, SlotOf(effects.Inode));
                break;
            case EffectKind.Remove:
                RemoveEntry(FindEntry(SlotOf(effects.Parent), change.Name));
                break;
            case EffectKind.Move:
                int target = SlotOf(effects.NewParent);
                if (!effects.Displaced.IsNone)
                {
                    RemoveEntry(FindEntry(target, change.NewName));
                }

                RemoveEntry(FindEntry(SlotOf(effects.Parent), change.Name));
                MakeEntry(target, change.NewName, SlotOf(effects.Inode));
                break;
            case EffectKind.Exchange:
                Exchange(FindEntry(SlotOf(effects.Parent), change.Name), FindEntry(SlotOf(effects.NewParent), change.NewName));
                break;
            case EffectKind.SetXattr:
                int changed = SlotOf(effects.Inode);
                MarkXattrs(changed);
                SetXattr(changed, change.Name, change.Data);
                break;
            case EffectKind.RemoveXattr:
                RemoveXattr(SlotOf(effects.Inode), change.Name);
                break;
        }
    }

    private void PublishUpdates(Effects effects)
    {
        foreach (ref readonly InodeUpdate update in effects.Updates)
        {
            int slot = SlotOf(update.Inode);
            if ((update.Changed & InodeAspects.Capability) != 0)
            {
                RemoveXattr(slot, "security.capability"u8);
            }

            if (update.After.Links == 0)
            {
                RemoveInode(slot);
            }
            else
            {
                MarkInode(slot);
                _rowsHash -= InodeHash(slot);
                _inodes[slot].Attributes = update.After;
                _rowsHash += InodeHash(slot);
            }
        }
    }

    private int AddInode(in Change change, Effects effects, long birth)
    {
        int slot = _inodes.Take();
        ref InodeSlot inode = ref _inodes[slot];
        inode.Id = effects.Inode;
        inode.Birth = birth;
        inode.Identity = _bytes.Store(effects.Identity);
        inode.IdentityLength = (ushort)effects.Identity.Length;
        inode.Target = change.Kind == ChangeKind.Symlink ? _bytes.Store(change.Data) : 0;
        _byId.Add(slot);
        MarkInode(slot);
        _rowsHash += InodeHash(slot);
        return slot;
    }

    private void RemoveInode(int slot)
    {
        MarkInode(slot);
        _rowsHash -= InodeHash(slot);
        ref InodeSlot inode = ref _inodes[slot];
        while (inode.FirstXattr != 0)
        {
            RemoveXattr(slot, _bytes.Get(_xattrs[inode.FirstXattr].Name, _xattrs[inode.FirstXattr].NameLength));
        }

        _bytes.Free(inode.Identity, inode.IdentityLength);
        _bytes.Free(inode.Target, (int)Math.Min(inode.Attributes.Size, ByteArena.MaxBytes));
        _byId.Remove(slot);
        _inodes.Free(slot);
    }

    private void MakeEntry(int parent, ReadOnlySpan<byte> name, int inode) => MarkEntry(AddEntry(parent, name, inode, ++LastCookie));

    private int AddEntry(int parent, ReadOnlySpan<byte> name, int inode, long cookie)
    {
        int slot = _entries.Take();
        ref EntrySlot entry = ref _entries[slot];
        (entry.Parent, entry.Cookie, entry.NameLength) = (parent, cookie, (ushort)name.Length);
        entry.Name = _bytes.Store(name);
        entry.Hash = EntrySlot.HashOf(parent, name);
        _byName.Add(slot);
        AttachName(slot, inode);
        ref InodeSlot directory = ref _inodes[parent];
        entry.Previous = directory.LastEntry;
        if (entry.Previous == 0)
        {
            directory.FirstEntry = slot;
        }
        else
        {
            _entries[entry.Previous].Next = slot;
        }

        directory.LastEntry = slot;
        _rowsHash += EntryHash(slot);
        return slot;
    }

    private void RemoveEntry(int slot)
    {
        MarkEntry(slot);
        _rowsHash -= EntryHash(slot);
        ref EntrySlot entry = ref _entries[slot];
        ref InodeSlot directory = ref _inodes[entry.Parent];
        if (entry.Previous == 0)
        {
            directory.FirstEntry = entry.Next;
        }
        else
        {
            _entries[entry.Previous].Next = entry.Next;
        }

        if (entry.Next == 0)
        {
            directory.LastEntry = entry.Previous;
        }
        else
        {
            _entries[entry.Next].Previous = entry.Previous;
        }

        DetachName(slot);
        _byName.Remove(slot);
        _bytes.Free(entry.Name, entry.NameLength);
        _entries.Free(slot);
    }

    private void Exchange(int first, int second)
    {
        (int one, int other) = (_entries[first].Inode, _entries[second].Inode);
        Repoint(first, other);
        Repoint(second, one);
    }

    private void Repoint(int slot, int inode)
    {
        MarkEntry(slot);
        _rowsHash -= EntryHash(slot);
        DetachName(slot);
        AttachName(slot, inode);
        _rowsHash += EntryHash(slot);
    }

    private void AttachName(int slot, int inode)
    {
        ref EntrySlot entry = ref _entries[slot];
        (entry.Inode, entry.PreviousName, entry.NextName) = (inode, 0, _inodes[inode].FirstName);
        if (entry.NextName != 0)
        {
            _entries[entry.NextName].PreviousName = slot;
        }

        _inodes[inode].FirstName = slot;
    }

    private void DetachName(int slot)
    {
        ref EntrySlot entry = ref _entries[slot];
        if (entry.PreviousName == 0)
        {
            _inodes[entry.Inode].FirstName = entry.NextName;
        }
        else
        {
            _entries[entry.PreviousName].NextName = entry.NextName;
        }

        if (entry.NextName != 0)
        {
            _entries[entry.NextName].PreviousName = entry.PreviousName;
        }
    }

    private void SetXattr(int inode, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        int slot = FindXattr(inode, name);
        if (slot == 0)
        {
            slot = _xattrs.Take();
            _xattrs[slot].Name = _bytes.Store(name);
            _xattrs[slot].NameLength = (ushort)name.Length;
            _xattrs[slot].HashNext = _inodes[inode].FirstXattr;
            _inodes[inode].FirstXattr = slot;
        }
        else
        {
            _rowsHash -= XattrHash(inode, slot);
        }

        ref XattrSlot xattr = ref _xattrs[slot];
        _bytes.Free(xattr.Value, xattr.ValueLength);
        (xattr.Value, xattr.ValueLength) = (_bytes.Store(value), value.Length);
        _rowsHash += XattrHash(inode, slot);
    }

    private void RemoveXattr(int inode, ReadOnlySpan<byte> name)
    {
        int slot = FindXattr(inode, name);
        if (slot == 0)
        {
            return;
        }

        MarkXattrs(inode);
        _rowsHash -= XattrHash(inode, slot);
        ref XattrSlot xattr = ref _xattrs[slot];
        if (_inodes[inode].FirstXattr == slot)
        {
            _inodes[inode].FirstXattr = xattr.HashNext;
        }
        else
        {
            int previous = _inodes[inode].FirstXattr;
            while (_xattrs[previous].HashNext != slot)
            {
                previous = _xattrs[previous].HashNext;
            }

            _xattrs[previous].HashNext = xattr.HashNext;
        }

        _bytes.Free(xattr.Name, xattr.NameLength);
        _bytes.Free(xattr.Value, xattr.ValueLength);
        _xattrs.Free(slot);
    }
}
