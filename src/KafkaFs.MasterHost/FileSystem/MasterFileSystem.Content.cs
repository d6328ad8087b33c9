using KafkaFs.Fuse.Abi;
using KafkaFs.Fuse.Protocol;
using KafkaFs.Fuse.Session;
using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.MasterHost.FileSystem;

/// <summary>Calls on the content and attributes of files.</summary>
internal sealed partial class MasterFileSystem
{
    private const SetAttrMask ChangingFields = SetAttrMask.Mode | SetAttrMask.Uid | SetAttrMask.Gid | SetAttrMask.Atime | SetAttrMask.Mtime;

    /// <inheritdoc/>
    public override void SetAttr(FuseRequest request, NodeId node, in SetAttrRequest arguments)
    {
        if ((arguments.Valid & SetAttrMask.Size) == 0)
        {
            SetOrDropSuid(request, Id(node), arguments);
            return;
        }

        Change change = new() { Kind = ChangeKind.Truncate, Inode = Id(node), Size = arguments.Size, Flags = KillFlag(arguments) };
        SetAttrRequest rest = arguments with { Valid = arguments.Valid & ~(SetAttrMask.Size | SetAttrMask.KillSuidGid) };
        Submit(request, ref change, (FuseRequest answered, in Change applied, Effects effects) =>
        {
            Errno errno = ApplyToOrphan(applied, effects);
            if (errno != Errno.None)
            {
                answered.ReplyError(errno);
                return;
            }

            SetAttributes(answered, applied.Inode, rest);
        });
    }

    /// <inheritdoc/>
    public override void Open(FuseRequest request, NodeId node, uint flags, bool killSuidGid)
    {
        if (_logEnd is null)
        {
            OpenNow(request, node, flags, killSuidGid);
        }
        else
        {
            OpenAtLogEnd(request, node, flags, killSuidGid);
        }
    }

    private void OpenAtLogEnd(FuseRequest request, NodeId node, uint flags, bool killSuidGid) => AtLogEnd(request, () => OpenNow(request, node, flags, killSuidGid));

    private void OpenNow(FuseRequest request, NodeId node, uint flags, bool killSuidGid)
    {
        if (!TryGetAttributes(Id(node), out InodeAttributes attributes, out _))
        {
            request.ReplyError(Errno.ENOENT);
            return;
        }

        if (((OpenFlags)flags & OpenFlags.Truncate) == 0 || attributes.Type != InodeType.RegularFile)
        {
            request.ReplyOpen(AddFile(Id(node), flags), OpenFlagsOf(Id(node), flags));
            return;
        }

        Change change = new()
        {
            Kind = ChangeKind.Truncate,
            Inode = Id(node),
            Flags = killSuidGid ? ChangeFlags.KillSuidGid : ChangeFlags.None,
        };
        Submit(request, ref change, (FuseRequest answered, in Change applied, Effects effects) =>
        {
            Errno errno = ApplyToOrphan(applied, effects);
            if (errno != Errno.None)
            {
                answered.ReplyError(errno);
                return;
            }

            answered.ReplyOpen(AddFile(applied.Inode, flags), OpenFlagsOf(applied.Inode, flags));
        });
    }

    /// <inheritdoc/>
    public override void Read(FuseRequest request, NodeId node, HandleId handle, ulong offset, int size)
    {
        // The lambda costs memory at each call: not here, where there are most.
        if (_writes.IsPending(Id(node)))
        {
            ReadLater(request, node, handle, offset, size);
        }
        else
        {
            ReadContent(request, node, handle, offset, size);
        }
    }

    private void ReadLater(FuseRequest request, NodeId node, HandleId handle, ulong offset, int size) =>
        AfterWrites(
            request,
            Id(node),
            () =>
            {
                Errno errno = Content(node, handle, out SafeFd fd);
                if (errno == Errno.None)
                {
                    ReadAll(request, fd, offset, size, read: 0);
                }
                else
                {
                    request.ReplyError(errno);
                }
            },
            mayBlock: true);

    // What is in memory is answered at once, the rest by a thread that may wait for the disk.
    private void ReadContent(FuseRequest request, NodeId node, HandleId handle, ulong offset, int size)
    {
        int read = 0;
        Errno errno = Content(node, handle, out SafeFd fd);
        if (errno == Errno.None && _replica.Tree.IsInMemory)
        {
            // It does not say what it has there, which is all.
            ReadAll(request, fd, offset, size, read);
            return;
        }

        errno = errno != Errno.None ? errno : DescriptorCalls.ReadCached(fd, request.GetReplyBuffer(size), offset, out read);
        if (errno is Errno.EAGAIN or Errno.EOPNOTSUPP)
        {
            ReadFromDisk(request, fd, offset, size, read);
        }
        else
        {
            ReplyRead(request, errno, read);
        }
    }

    private void ReadFromDisk(FuseRequest request, SafeFd fd, ulong offset, int size, int read)
    {
        request.Defer();
        _disk.Post(() => ReadAll(request, fd, offset, size, read));
    }

    private void ReadAll(FuseRequest request, SafeFd fd, ulong offset, int size, int read)
    {
        Errno errno = DescriptorCalls.ReadAll(fd, request.GetReplyBuffer(size)[read..], offset + (ulong)read, out int rest);
        ReplyRead(request, errno, read + rest);
    }

    private void ReplyRead(FuseRequest request, Errno errno, int read)
    {
        if (errno != Errno.None)
        {
            request.ReplyError(errno);
            return;
        }

        _metrics.OnRead(read);
        request.ReplyBuffer(read);
    }

    /// <inheritdoc/>
    public override void Release(FuseRequest request, NodeId node, HandleId handle)
    {
        _files.Remove(handle)?.Dispose();
        request.ReplyError(Errno.None);
    }

    /// <inheritdoc/>
    public override void LSeek(FuseRequest request, NodeId node, HandleId handle, ulong offset, uint whence) =>
        AfterWrites(request, Id(node), () => SeekContent(request, node, handle, offset, whence), mayBlock: true);

    private void SeekContent(FuseRequest request, NodeId node, HandleId handle, ulong offset, uint whence)
    {
        Errno errno = Content(node, handle, out SafeFd fd);
        long found = 0;
        errno = errno != Errno.None ? errno : DescriptorCalls.Seek(fd, (long)offset, (int)whence, out found);
        if (errno == Errno.None)
        {
            request.ReplyLSeek((ulong)found);
        }
        else
        {
            request.ReplyError(errno);
        }
    }

    /// <inheritdoc/>
    public override void FAllocate(FuseRequest request, NodeId node, HandleId handle, ulong offset, ulong length, uint mode)
    {
        // The kernel has no flag for it here: who is not root loses suid, sgid and capabilities, whether it has CAP_FSETID or not.
        ChangeFlags kill = request.Uid != 0 ? ChangeFlags.KillSuidGid : ChangeFlags.None;
        Change change = new() { Kind = ChangeKind.Allocate, Inode = Id(node), Offset = offset, Length = length, Mode = mode, Flags = kill };
        Submit(request, ref change, (FuseRequest answered, in Change applied, Effects effects) => answered.ReplyError(ApplyToOrphan(applied, effects)));
    }

    // Without any field: chown(2) with -1 twice, or a write to come of who may not keep suid (file_remove_privs). Both drop it. The first is the
    // owner's and root's to do, which the kernel does not check for FUSE (attr.c, notify_change); for the second the file is open.
    private void SetOrDropSuid(FuseRequest request, FileId inode, in SetAttrRequest arguments)
    {
        bool drops = (arguments.Valid & ChangingFields) == 0;
        if (drops && request.Uid != 0 && !_writes.IsOpen(inode) && TryGetAttributes(inode, out InodeAttributes attributes, out _)
            && request.Uid != attributes.Uid && attributes.Type != InodeType.Directory && Evaluation.WithoutSuidGid(attributes.Mode) != attributes.Mode)
        {
            request.ReplyError(Errno.EPERM);
            return;
        }

        SetAttributes(request, inode, drops ? arguments with { Valid = arguments.Valid | SetAttrMask.KillSuidGid } : arguments);
    }

    private void SetAttributes(FuseRequest request, FileId inode, in SetAttrRequest arguments)
    {
        SetAttrMask valid = arguments.Valid;
        if ((valid & (ChangingFields | SetAttrMask.KillSuidGid)) == 0)
        {
            ReplyAttributes(request, inode);
            return;
        }

        bool atimeNow = (valid & SetAttrMask.AtimeNow) != 0, mtimeNow = (valid & SetAttrMask.MtimeNow) != 0;
        Change change = new()
        {
            Kind = ChangeKind.SetAttr,
            Inode = inode,
            HasMode = (valid & SetAttrMask.Mode) != 0,
            Mode = (valid & SetAttrMask.Mode) != 0 ? arguments.Mode : 0,
            HasUid = (valid & SetAttrMask.Uid) != 0,
            Uid = arguments.Uid,
            HasGid = (valid & SetAttrMask.Gid) != 0,
            Gid = arguments.Gid,
            HasAtime = (valid & SetAttrMask.Atime) != 0 && !atimeNow,
            AtimeNs = arguments.AtimeNs,
            HasMtime = (valid & SetAttrMask.Mtime) != 0 && !mtimeNow,
            MtimeNs = arguments.MtimeNs,
            Flags = KillFlag(arguments) | (atimeNow ? ChangeFlags.AtimeNow : 0) | (mtimeNow ? ChangeFlags.MtimeNow : 0),
        };
        Submit(request, ref change, (FuseRequest answered, in Change applied, Effects effects) =>
        {
            ApplyToOrphan(applied, effects);
            ReplyAttributes(answered, applied.Inode);
        });
    }

    // chown(2) always drops suid and sgid of files; truncate only if the caller lacks CAP_FSETID, which the kernel says.
    private static ChangeFlags KillFlag(in SetAttrRequest arguments) =>
        (arguments.Valid & (SetAttrMask.KillSuidGid | SetAttrMask.Uid | SetAttrMask.Gid)) != 0 ? ChangeFlags.KillSuidGid : ChangeFlags.None;

    private void ReplyAttributes(FuseRequest request, FileId inode)
    {
        if (TryGetAttributes(inode, out InodeAttributes attributes, out TimeSpan validity))
        {
            request.ReplyAttr(Attr(inode, attributes), validity);
        }
        else
        {
            request.ReplyError(Errno.ENOENT);
        }
    }

    private static bool IsReadOnly(uint flags) => ((OpenFlags)flags & OpenFlags.AccessMode) == OpenFlags.ReadOnly;

    // With another writer in the journal an append goes where the log puts it, not where this kernel has the end of the file.
    private FuseOpenFlags OpenFlagsOf(FileId inode, uint flags) =>
        (IsReadOnly(flags) ? FuseOpenFlags.NoFlush : FuseOpenFlags.None)
        | (((OpenFlags)flags & OpenFlags.Append) != 0 && HasOtherSessions() ? FuseOpenFlags.DirectIo
            : Notifier.IsKept(inode) ? FuseOpenFlags.KeepCache
            : FuseOpenFlags.None);

    private bool HasOtherSessions()
    {
        lock (_namespace.Gate)
        {
            return _namespace.Sessions.Count > (_session.Id == SessionId.None ? 0 : 1);
        }
    }

    private HandleId AddFile(FileId inode, uint flags) => _files.Add(new OpenFile(inode, IsReadOnly(flags) ? null : _writes.Open(inode), _writes));

    private Errno Content(NodeId node, HandleId handle, out SafeFd fd)
    {
        OpenFile? file = _files.Find(handle);
        if (file is not null)
        {
            return file.Content(OpenContent, out fd);
        }

        fd = new SafeFd();
        return Errno.EBADF;
    }

    private (Errno Errno, SafeFd Fd) OpenContent(FileId inode)
    {
        Errno errno = _replica.Tree.OpenFile(inode, OpenFlags.ReadOnly, _namespace, out SafeFd fd);
        if (errno != Errno.None && Orphans.TryGet(inode, out Orphan orphan) && orphan.Content is SafeFd content)
        {
            errno = DescriptorCalls.Reopen(content, OpenFlags.ReadOnly, out fd);
        }

        return (errno, fd);
    }

    private Errno ApplyPart(in Change part, Effects effects)
    {
        Errno errno = ApplyToOrphan(part, effects);
        if (errno == Errno.None)
        {
            _metrics.OnWritten(part.Data.Length);
        }

        return errno;
    }

    // A record about an inode that is gone does nothing, except for whoever still has it open.
    private Errno ApplyToOrphan(in Change change, Effects effects) =>
        effects.Kind == EffectKind.None && Orphans.TryGet(change.Inode, out Orphan orphan) ? orphan.Apply(change, effects.TimeNs) : Errno.None;
}
