using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Posix;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.MasterHost.FileSystem;

/// <summary>
/// The writes that are answered before they are applied. No answer may show a size, time or mode older than one of them: they are laid
/// over what the replica has. Safe for use from several threads; the namespace's gate may be held.
/// </summary>
/// <param name="maxBytes">So much memory pending ones may take; a WRITE beyond it is answered when there is room.</param>
internal sealed class EarlyWrites(long maxBytes)
{
    /// <summary>What a write takes besides its content, about: tables, record, path.</summary>
    public const int OverheadBytes = 512;

    private readonly Lock _gate = new();
    private readonly Dictionary<FileId, InodeWrites> _inodes = [];
    private readonly LinkedList<(int Bytes, WriteWait Wait)> _forRoom = new();
    private volatile int _pending;
    private long _bytes;

    /// <summary>Told of an answered write that was lost.</summary>
    public Action<FileId>? Lost { get; set; }

    /// <summary>Content that is answered and not applied, bytes.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    public bool HasRoom => Memory < maxBytes;

    private long Memory => Bytes + ((long)_pending * OverheadBytes);

    /// <summary>The inode's, for a handle that writes; until <see cref="Close"/>.</summary>
    public InodeWrites Open(FileId inode)
    {
        lock (_gate)
        {
            InodeWrites writes = Get(inode);
            writes.Handles++;
            return writes;
        }
    }

    public void Close(InodeWrites writes)
    {
        lock (_gate)
        {
            writes.Handles--;
            Drop(writes);
        }
    }

    /// <summary>Somebody has a handle of the inode that writes.</summary>
    public bool IsOpen(FileId inode)
    {
        lock (_gate)
        {
            return _inodes.TryGetValue(inode, out InodeWrites? writes) && writes.Handles > 0;
        }
    }

    public bool IsPending(FileId inode)
    {
        if (_pending == 0)
        {
            return false;
        }

        lock (_gate)
        {
            return FindPending(inode) is not null;
        }
    }

    /// <summary>Makes attributes of the replica those that pending writes will leave; false if there are none.</summary>
    /// <param name="areShown">They are for an answer.</param>
    public bool Overlay(FileId inode, ref InodeAttributes attributes, bool areShown = true)
    {
        if (_pending == 0)
        {
            return false;
        }

        lock (_gate)
        {
            if (FindPending(inode) is not InodeWrites writes)
            {
                return false;
            }

            writes.IsTimeShown |= areShown;
            attributes.Size = Math.Max(attributes.Size, writes.PendingEnd);
            // Not the larger mtime: one that was set may lie in the future, and a write ends it. A ctime is nobody's choice.
            attributes.CtimeNs = Math.Max(attributes.CtimeNs, writes.PendingTimeNs);
            attributes.MtimeNs = attributes.CtimeNs;
            attributes.Mode = writes.Killers > 0 ? Evaluation.WithoutSuidGid(attributes.Mode) : attributes.Mode;
            return true;
        }
    }

    /// <summary>A write begins; it is pending until <see cref="End"/>.</summary>
    public void Begin(EarlyWrite write, ulong end, long timeNs)
    {
        lock (_gate)
        {
            InodeWrites writes = write.Inode;
            write.End = end;
            writes.Add(write);
            writes.Killers += Kills(write);
            _pending++;
            _bytes += write.Length;
            Note(writes, timeNs);
        }
    }

    /// <summary>
    /// A pending write is to grow by <paramref name="bytes"/>, and may keep its time if that was shown to nobody
    /// (<paramref name="mayKeepTime"/>); false if it has ended. It is the newest one of its inode.
    /// </summary>
    public bool TryGrow(EarlyWrite write, ulong end, int bytes, out bool mayKeepTime)
    {
        lock (_gate)
        {
            mayKeepTime = !write.Inode.IsTimeShown;
            if (write.HasEnded)
            {
                return false;
            }

            write.Inode.Raise(write, end);
            // Nobody was told of what is added.
            write.ToldTo = [];
            Note(write.Inode, 0);
            _bytes += bytes;
            return true;
        }
    }

    /// <summary>The record of a pending write got this time, nanoseconds since 1970: what is shown now is what evaluation will give.</summary>
    public void Stamp(InodeWrites writes, long timeNs)
    {
        lock (_gate)
        {
            if (writes.IsPending)
            {
                Note(writes, timeNs);
            }
        }
    }

    /// <summary>It did not grow: the bytes do not count.</summary>
    public void TakeBack(int bytes)
    {
        lock (_gate)
        {
            _bytes -= bytes;
        }
    }

    /// <summary>A write is applied, or lost. By the holder of the apply lock, or by who ends the session.</summary>
    public void End(EarlyWrite write, Errno errno)
    {
        List<Action> due = [];
        lock (_gate)
        {
            InodeWrites writes = write.Inode;
            writes.Remove(write);
            writes.Killers -= Kills(write);
            _pending--;
            _bytes -= write.Length;
            if (errno != Errno.None)
            {
                (writes.Losses, writes.LastLoss) = (writes.Losses + 1, errno);
                foreach (OpenFile told in write.ToldTo)
                {
                    told.SeenLosses++;
                }
            }

            if (!writes.IsPending)
            {
                (writes.PendingTimeNs, writes.IsTimeShown) = (0, false);
            }

            for (int index = writes.Waiting.Count - 1; index >= 0; index--)
            {
                if (writes.Waiting[index].At <= writes.Ended)
                {
                    due.Add(writes.Waiting[index].Wait.Go);
                    writes.Waiting.RemoveAt(index);
                }
            }

            for (long memory = Memory; memory < maxBytes && _forRoom.First is { } next; memory += next.Value.Bytes + OverheadBytes)
            {
                due.Add(next.Value.Wait.Go);
                _forRoom.RemoveFirst();
            }

            Drop(writes);
        }

        if (errno != Errno.None)
        {
            Lost?.Invoke(write.Inode.Inode);
        }

        foreach (Action go in due)
        {
            go();
        }
    }

    /// <summary>Lets <paramref name="wait"/> go, which is to begin a write of so many bytes, when there is room, perhaps at once.</summary>
    public void WhenRoom(int bytes, WriteWait wait)
    {
        lock (_gate)
        {
            if (!HasRoom && !wait.IsOver)
            {
                _forRoom.AddLast((bytes, wait));
                return;
            }
        }

        wait.Go();
    }

    /// <summary>
    /// Lets <paramref name="wait"/> go when the writes that are pending now have ended, on the thread that ends the last one, which must not wait;
    /// false, and it does not go, if there are none.
    /// </summary>
    public bool TryWait(FileId inode, WriteWait wait)
    {
        if (_pending == 0)
        {
            return false;
        }

        lock (_gate)
        {
            if (FindPending(inode) is not InodeWrites writes)
            {
                return false;
            }

            if (!wait.IsOver)
            {
                writes.Waiting.Add((writes.Begun, wait));
            }

            return true;
        }
    }

    /// <summary>The wait, for the writes of the inode or for room, is over: else it takes memory, and room that it does not use, for as long as a stall lasts.</summary>
    public void LetGo(FileId inode, WriteWait wait)
    {
        lock (_gate)
        {
            FindPending(inode)?.Waiting.RemoveAll(waiting => waiting.Wait == wait);
            for (LinkedListNode<(int Bytes, WriteWait Wait)>? node = _forRoom.First; node is not null; node = node.Next)
            {
                if (node.Value.Wait == wait)
                {
                    _forRoom.Remove(node);
                    break;
                }
            }
        }
    }

    /// <summary>
    /// The user of <paramref name="file"/> is told that something was lost: what was, and, if they will be, the writes of the inode that are pending now,
    /// which are returned in order.
    /// </summary>
    public IReadOnlyList<EarlyWrite> TellLoss(FileId inode, OpenFile? file)
    {
        lock (_gate)
        {
            EarlyWrite[] pending = FindPending(inode) is InodeWrites writes ? [.. writes.Pending] : [];
            if (file?.Writes is InodeWrites own)
            {
                file.SeenLosses = own.Losses;
                foreach (EarlyWrite write in pending.Where(write => !write.ToldTo.Contains(file)))
                {
                    write.ToldTo = [.. write.ToldTo, file];
                }
            }

            return pending;
        }
    }

    /// <summary>A record of another kind about the inode is made: what is written from here on comes after it.</summary>
    public void Seal(FileId inode)
    {
        InodeWrites? writes;
        lock (_gate)
        {
            if (!_inodes.TryGetValue(inode, out writes))
            {
                return;
            }
        }

        lock (writes.Order)
        {
            writes.Last = null;
        }
    }

    /// <summary>The errno of what was lost of <paramref name="writes"/> and the user of <paramref name="file"/> was not told of, and is now; None if nothing.</summary>
    public Errno TakeLoss(InodeWrites writes, OpenFile file)
    {
        lock (_gate)
        {
            Errno errno = file.SeenLosses == writes.Losses ? Errno.None : writes.LastLoss;
            file.SeenLosses = writes.Losses;
            return errno;
        }
    }

    private InodeWrites? FindPending(FileId inode) => _inodes.TryGetValue(inode, out InodeWrites? writes) && writes.IsPending ? writes : null;

    private static int Kills(EarlyWrite write) => (write.Flags & ChangeFlags.KillSuidGid) != 0 ? 1 : 0;

    private static void Note(InodeWrites writes, long timeNs)
    {
        writes.IsTimeShown &= timeNs <= writes.PendingTimeNs;
        writes.PendingTimeNs = Math.Max(writes.PendingTimeNs, timeNs);
    }

    private InodeWrites Get(FileId inode)
    {
        if (!_inodes.TryGetValue(inode, out InodeWrites? writes))
        {
            _inodes[inode] = writes = new InodeWrites(inode);
        }

        return writes;
    }

    private void Drop(InodeWrites writes)
    {
        if (writes.Handles == 0 && !writes.IsPending)
        {
            _inodes.Remove(writes.Inode);
        }
    }
}
