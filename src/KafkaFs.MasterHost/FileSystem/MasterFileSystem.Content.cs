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
    /// <inheritdoc/>
    public override void SetAttr(FuseRequest request, NodeId node, in SetAttrRequest arguments)
    {
        if ((arguments.Valid & SetAttrMask.Size) == 0)
        {
            SetAttributes(request, Id(node), arguments);
            return;
        }

        Change change = new() { Kind = ChangeKind.Truncate, Inode = Id(node), Size = arguments.Size, Flags = KillFlag(arguments) };
        SetAttrRequest rest = arguments with { Valid = arguments.Valid & ~SetAttrMask.Size };
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
        if (!TryGetAttributes(Id(node), out InodeAttributes attributes))
        {
            request.ReplyError(Errno.ENOENT);
            return;
        }

        if (((OpenFlags)flags & OpenFlags.Truncate) == 0 || attributes.Type != InodeType.RegularFile)
        {
            bool readOnly = ((OpenFlags)flags & OpenFlags.AccessMode) == OpenFlags.ReadOnly;
            request.ReplyOpen(_files.Add(new OpenFile(Id(node))), readOnly ? FuseOpenFlags.NoFlush : FuseOpenFlags.None);
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

            answered.ReplyOpen(_files.Add(new OpenFile(applied.Inode)), FuseOpenFlags.None);
        });
    }

    /// <inheritdoc/>
    public override void Read(FuseRequest request, NodeId node, HandleId handle, ulong offset, int size)
    {
        Errno errno = Content(node, handle, out SafeFd fd);
        if (errno == Errno.None)
        {
            errno = DescriptorCalls.ReadAll(fd, request.GetReplyBuffer(size), offset, out int read);
            if (errno == Errno.None)
            {
                _metrics.OnRead(read);
                request.ReplyBuffer(read);
                return;
            }
        }

        request.ReplyError(errno);
    }

    /// <inheritdoc/>
    public override void Write(
        FuseRequest request, NodeId node, HandleId handle, ulong offset, ReadOnlySpan<byte> data, FuseWriteFlags writeFlags, uint openFlags)
    {
        if (data.IsEmpty)
        {
            request.ReplyWritten(0);
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
        Submit(request, ref change, (FuseRequest answered, in Change applied, Effects effects) =>
        {
            Errno errno = ApplyToOrphan(applied, effects);
            if (errno != Errno.None)
            {
                answered.ReplyError(errno);
                return;
            }

            _metrics.OnWritten(applied.Data.Length);
            answered.ReplyWritten((uint)applied.Data.Length);
        });
    }

    /// <summary>Every WRITE was answered after it was applied: nothing is pending.</summary>
    public override void Flush(FuseRequest request, NodeId node, HandleId handle) => request.ReplyError(Errno.None);

    /// <inheritdoc/>
    public override void FSync(FuseRequest request, NodeId node, HandleId handle, bool dataOnly) => request.ReplyError(Errno.None);

    /// <inheritdoc/>
    public override void Release(FuseRequest request, NodeId node, HandleId handle)
    {
        _files.Remove(handle)?.Dispose();
        request.ReplyError(Errno.None);
    }

    /// <inheritdoc/>
    public override void LSeek(FuseRequest request, NodeId node, HandleId handle, ulong offset, uint whence)
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

    private void SetAttributes(FuseRequest request, FileId inode, in SetAttrRequest arguments)
    {
        const SetAttrMask changing = SetAttrMask.Mode | SetAttrMask.Uid | SetAttrMask.Gid | SetAttrMask.Atime | SetAttrMask.Mtime;
        SetAttrMask valid = arguments.Valid;
        if ((valid & changing) == 0)
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
        if (TryGetAttributes(inode, out InodeAttributes attributes))
        {
            request.ReplyAttr(Attr(inode, attributes), s_validity);
        }
        else
        {
            request.ReplyError(Errno.ENOENT);
        }
    }

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
