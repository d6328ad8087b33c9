using KafkaFs.Fuse.Abi;
using KafkaFs.Fuse.Session;
using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.MasterHost.FileSystem;

/// <summary>Writes: answered when their record is queued, unless the handle asks for more; and the calls that wait for them.</summary>
internal sealed partial class MasterFileSystem
{
    // What is written so shortly after may have the same time: the grain of times on local filesystems.
    private const long TickNs = 4_000_000;

    /// <inheritdoc/>
    public override void Write(
        FuseRequest request, NodeId node, HandleId handle, ulong offset, ReadOnlySpan<byte> data, FuseWriteFlags writeFlags, uint openFlags)
    {
        OpenFile? file = _files.Find(handle);
        if (data.IsEmpty || file?.Writes is null)
        {
            request.ReplyError(data.IsEmpty ? Errno.None : Errno.EBADF);
            return;
        }

        // Dirty pages of a mapping have a place of their own, whatever the descriptor that is named.
        bool append = ((OpenFlags)openFlags & OpenFlags.Append) != 0 && (writeFlags & FuseWriteFlags.Cache) == 0;
        Change change = new()
        {
            Kind = ChangeKind.Write,
            Inode = Id(node),
            Offset = offset,
            Flags = (append ? ChangeFlags.Append : 0) | ((writeFlags & FuseWriteFlags.KillSuidGid) != 0 ? ChangeFlags.KillSuidGid : 0),
            Data = data,
        };
        if (((OpenFlags)openFlags & OpenFlags.DataSync) != 0)
        {
            WriteThrough(request, ref change);
            return;
        }

        if (_writes.HasRoom)
        {
            WriteNow(request, file.Writes, ref change);
        }
        else
        {
            WriteWhenRoom(request, file.Writes, change.Inode, offset, change.Flags, data.Length);
        }
    }

    private void WriteThrough(FuseRequest request, ref Change change)
    {
        Errno errno = Cut(ref change, out _);
        if (errno != Errno.None)
        {
            request.ReplyError(errno);
        }
        else
        {
            Submit(request, ref change, ReplyWritten);
        }
    }

    private void WriteNow(FuseRequest request, InodeWrites writes, ref Change change)
    {
        Errno errno = CheckSpace(change);
        errno = errno != Errno.None ? errno : WriteEarly(writes, ref change);
        if (errno != Errno.None)
        {
            request.ReplyError(errno);
        }
        else
        {
            request.ReplyWritten((uint)change.Data.Length);
        }
    }

    // Nothing of it is queued before: one that is interrupted is done again by its caller.
    private void WriteWhenRoom(FuseRequest request, InodeWrites writes, FileId inode, ulong offset, ChangeFlags flags, int length)
    {
        WriteWait wait = null!;
        wait = Wait(request, () => ThreadPool.UnsafeQueueUserWorkItem(_ => Write(), null), _writes.LeaveRoom);
        _writes.WhenRoom(length, wait);
        _session.Waits.EndIfInterrupted(wait);

        void Write()
        {
            try
            {
                Change change = new() { Kind = ChangeKind.Write, Inode = inode, Offset = offset, Flags = flags, Data = request.Data(length) };
                WriteNow(request, writes, ref change);
            }
            finally
            {
                _writes.LeaveRoom(wait);
            }
        }
    }

    /// <summary>
    /// close(2): the writes of the file are applied, and what was lost is said. It does not count as told: execve(2) and exit(2) close descriptors that others
    /// have too, and look at no result.
    /// </summary>
    public override void Flush(FuseRequest request, NodeId node, HandleId handle) => AnswerWhenApplied(request, Id(node), _files.Find(handle)?.Report, isSync: false);

    /// <summary>
    /// fsync(2): as close(2), it counts as told, and what has become of calls on the file whose callers were told that the outcome is unknown is known.
    /// </summary>
    public override void FSync(FuseRequest request, NodeId node, HandleId handle, bool dataOnly) =>
        AnswerWhenApplied(request, Id(node), _files.Find(handle)?.Report ?? _writes.ReportPending(Id(node)), isSync: true);

    private void AnswerWhenApplied(FuseRequest request, FileId inode, LossReport? report, bool isSync)
    {
        if (!_writes.IsPending(inode) && !(isSync && _doubts.Contains(inode)))
        {
            Answer();
            return;
        }

        WriteWait wait = new(request, _session.Waits, Answer)
        {
            Tell = through => _writes.PendingOf(inode, through, isSync ? report : null),
            WaitsOn = isSync ? wait => _doubts.TryWait(inode, wait) : null,
            LetGo = ended =>
            {
                _writes.LetGo(inode, ended);
                _doubts.LetGo(inode, ended);
            },
        };
        Defer(request, wait);
        GoUnless(_writes.TrySealAndWait(inode, wait), wait);

        void Answer() => request.ReplyError(report is null ? Errno.None : _writes.TellLoss(report, isSync));
    }

    private void ReplyWritten(FuseRequest request, in Change change, Effects effects)
    {
        Errno errno = ApplyPart(change, effects);
        if (errno != Errno.None)
        {
            request.ReplyError(errno);
            return;
        }

        request.ReplyWritten((uint)change.Data.Length);
    }

    // Queued, as a part of the write before it if that is there still.
    private Errno WriteEarly(InodeWrites writes, ref Change change)
    {
        lock (writes.Order)
        {
            Errno errno = Cut(ref change, out ulong end);
            return errno != Errno.None || TryGrow(writes, change, end) ? errno : Begin(writes, ref change, end);
        }
    }

    // What fits into the largest file is written (write(2)). An append begins where the file ends once the pending ones are through: so the caller's kernel has it.
    private Errno Cut(ref Change change, out ulong end)
    {
        bool append = (change.Flags & ChangeFlags.Append) != 0;
        ulong start = append && TryGetAttributes(change.Inode, out InodeAttributes attributes, out _, areShown: false) ? attributes.Size : change.Offset;
        ulong largest = _namespace.Limits.FileSizeMax;
        if (start >= largest)
        {
            end = start;
            return Errno.EFBIG;
        }

        change.Data = change.Data[..(int)Math.Min((ulong)change.Data.Length, largest - start)];
        end = start + (ulong)change.Data.Length;
        return Errno.None;
    }

    private bool TryGrow(InodeWrites writes, in Change change, ulong end)
    {
        int length = change.Data.Length;
        if (writes.Last is not EarlyWrite last || !last.IsContinuedBy(change.Offset, length, change.Flags)
            || !_writes.TryGrow(last, length, out bool mayKeepTime))
        {
            return false;
        }

        if (_session.TryGrow(last, change.Data, mayKeepTime ? last.TimeNs + TickNs : 0, last.Grow))
        {
            _writes.Grown(last, end);
            return true;
        }

        _writes.TakeBack(length);
        return false;
    }

    private Errno Begin(InodeWrites writes, ref Change change, ulong end)
    {
        EarlyWrite write = new(_writes, writes, MaxWriteBytes, _applyPart)
        {
            Flags = change.Flags,
            Offset = change.Offset,
            Length = change.Data.Length,
            BeforeNumber = writes.Last?.QueueNumber ?? 0,
        };
        change.Header.Path = PathHint(change, t_path ??= new byte[ChangeCodec.MaxPathBytes]);
        _writes.Begin(write, end, NowNs());
        Errno errno = _session.Submit(ref change, write);
        if (errno != Errno.None)
        {
            _writes.End(write, errno);
            return errno;
        }

        write.TimeNs = change.Header.TimeNs;
        writes.Last = write;
        _writes.Stamp(write);
        return Errno.None;
    }

    // Calls that show content wait for the writes that are pending when they come.
    private void AfterWrites(FuseRequest request, FileId inode, Action go, bool mayBlock = false)
    {
        if (!_writes.IsPending(inode))
        {
            GoOn(request, go, mayBlock);
            return;
        }

        // The thread that applies must not wait for a disk.
        WriteWait wait = Wait(request, mayBlock ? () => _disk.Post(go) : go, ended => _writes.LetGo(inode, ended));
        GoUnless(_writes.TryWait(inode, wait), wait);
    }

    private void GoUnless(bool waits, WriteWait wait)
    {
        if (waits)
        {
            _session.Hurry();
        }
        else
        {
            wait.Go();
        }

        // An interrupt that came before it was waiting has found nothing to end.
        _session.Waits.EndIfInterrupted(wait);
    }

    private void GoOn(FuseRequest request, Action go, bool mayBlock)
    {
        if (mayBlock)
        {
            request.Defer();
            _disk.Post(go);
        }
        else
        {
            go();
        }
    }

    private WriteWait Wait(FuseRequest request, Action go, Action<WriteWait> letGo)
    {
        WriteWait wait = new(request, _session.Waits, go) { LetGo = letGo };
        Defer(request, wait);
        return wait;
    }

    private static long NowNs() => ChangeHeader.NowNs(TimeProvider.System);
}
