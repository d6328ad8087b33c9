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
    private long _keptFree;

    /// <summary>Told of an answered write that was lost.</summary>
    public Action<FileId>? Lost { get; set; }

    /// <summary>Content that is answered and not applied, bytes.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    public bool HasRoom => Memory < maxBytes;

    private long Memory => Bytes + Volatile.Read(ref _keptFree) + ((long)_pending * OverheadBytes);

    /// <summary>For a handle that writes, until <see cref="Close"/>.</summary>
    public LossReport Open(FileId inode)
    {
        lock (_gate)
        {
            InodeWrites writes = Get(inode);
            writes.Handles++;
            return new LossReport(writes);
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
    /// (<paramref name="mayKeepTime"/>); false if it has ended. It is the newest one of its inode. Then comes <see cref="Grown"/> or <see cref="TakeBack"/>.
    /// </summary>
    public bool TryGrow(EarlyWrite write, int bytes, out bool mayKeepTime)
    {
        lock (_gate)
        {
            mayKeepTime = !write.Inode.IsTimeShown;
            if (write.HasEnded)
            {
                return false;
            }

            _bytes += bytes;
            return true;
        }
    }

    /// <summary>It has grown, and may have ended meanwhile.</summary>
    public void Grown(EarlyWrite write, ulong end)
    {
        lock (_gate)
        {
            if (!write.HasEnded)
            {
                write.Inode.Raise(write, end);
                Note(write.Inode, write.TimeNs);
            }
        }
    }

    /// <summary>The record of a write got its time: what is shown now is what evaluation will give.</summary>
    public void Stamp(EarlyWrite write)
    {
        lock (_gate)
        {
            if (!write.HasEnded)
            {
                Note(write.Inode, write.TimeNs);
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
                foreach (LossReport told in write.ToldIn)
                {
                    told.Seen++;
                }
            }

            if (!writes.IsPending)
            {
                (writes.PendingTimeNs, writes.IsTimeShown) = (0, false);
            }

            for (int index = writes.Waiting.Count - 1; index >= 0; index--)
            {
                if (writes.Waiting[index].Through <= writes.EndedThrough)
                {
                    due.Add(writes.Waiting[index].Go);
                    writes.Waiting.RemoveAt(index);
                }
            }

            LetIn(due);
            Drop(writes);
        }

        if (errno != Errno.None)
        {
            Lost?.Invoke(write.Inode.Inode);
        }

        due.ForEach(static go => go());
    }

    /// <summary>Lets <paramref name="wait"/> go, which is to begin a write of so many bytes, when there is room, perhaps at once; then comes <see cref="LeaveRoom"/>.</summary>
    public void WhenRoom(int bytes, WriteWait wait)
    {
        List<Action> due = [];
        lock (_gate)
        {
            if (!wait.IsOver)
            {
                _forRoom.AddLast((bytes, wait));
                LetIn(due);
            }
        }

        due.ForEach(static go => go());
    }

    /// <summary>What waited for room has begun its write, or will not: what was kept free for it is there for others.</summary>
    public void LeaveRoom(WriteWait wait)
    {
        List<Action> due = [];
        lock (_gate)
        {
            if (wait.Room == 0 && _forRoom.FirstOrDefault(waiting => waiting.Wait == wait) is (_, not null) waiting)
            {
                _forRoom.Remove(waiting);
            }

            _keptFree -= wait.Room;
            wait.Room = 0;
            LetIn(due);
        }

        due.ForEach(static go => go());
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

            wait.Through = writes.Begun;
            if (!wait.IsOver)
            {
                writes.Waiting.Add(wait);
            }

            return true;
        }
    }

    /// <summary>As <see cref="TryWait"/>, for who is told what becomes of them: what is written from here on is no part of them.</summary>
    public bool TrySealAndWait(FileId inode, WriteWait wait)
    {
        InodeWrites? writes;
        lock (_gate)
        {
            writes = FindPending(inode);
        }

        if (writes is null)
        {
            return false;
        }

        lock (writes.Order)
        {
            writes.Last = null;
            return TryWait(inode, wait);
        }
    }

    /// <summary>The wait for the writes of the inode is over: else it takes memory for as long as a stall lasts.</summary>
    public void LetGo(FileId inode, WriteWait wait)
    {
        lock (_gate)
        {
            FindPending(inode)?.Waiting.Remove(wait);
        }
    }

    /// <summary>For an fsync through a handle that only reads: what is lost from here on of the writes that are pending; null if none are.</summary>
    public LossReport? ReportPending(FileId inode)
    {
        lock (_gate)
        {
            return FindPending(inode) is InodeWrites writes ? new LossReport(writes) : null;
        }
    }

    /// <summary>
    /// The pending writes of the inode up to the one with that number, in order. If they will be lost, that counts as told in <paramref name="report"/>, as
    /// does all that was lost before.
    /// </summary>
    public IReadOnlyList<EarlyWrite> PendingOf(FileId inode, long through, LossReport? report)
    {
        lock (_gate)
        {
            EarlyWrite[] pending = FindPending(inode) is InodeWrites writes ? [.. writes.Pending.TakeWhile(write => write.Number <= through)] : [];
            if (report is not null)
            {
                report.Seen = report.Writes.Losses;
                foreach (EarlyWrite write in pending.Where(write => !write.ToldIn.Contains(report)))
                {
                    write.ToldIn = [.. write.ToldIn, report];
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

    /// <summary>The errno of what was lost and is not told yet; None if nothing. With <paramref name="isTold"/> it is now.</summary>
    public Errno TellLoss(LossReport report, bool isTold)
    {
        lock (_gate)
        {
            Errno errno = report.Seen == report.Writes.Losses ? Errno.None : report.Writes.LastLoss;
            report.Seen = isTold ? report.Writes.Losses : report.Seen;
            return errno;
        }
    }

    // What is let in is counted before it begins: else all that wait would be, one record after the other.
    private void LetIn(List<Action> due)
    {
        while (HasRoom && _forRoom.First is { Value: var (bytes, wait) })
        {
            _forRoom.RemoveFirst();
            wait.Room = bytes + OverheadBytes;
            _keptFree += wait.Room;
            due.Add(wait.Go);
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
