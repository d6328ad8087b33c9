using KafkaFs.Fuse;
using KafkaFs.Fuse.Abi;
using KafkaFs.Fuse.Protocol;
using KafkaFs.Fuse.Session;
using KafkaFs.Hosting.Metrics;
using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.MasterHost.Session;
using KafkaFs.Posix;
using KafkaFs.Replica;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.MasterHost.FileSystem;

/// <summary>
/// The mount: reading calls are answered at once from the namespace, changing calls become records and are answered when these
/// are applied here. Node ids of the kernel are FileIds.
/// </summary>
internal sealed partial class MasterFileSystem : FuseFileSystem, IDisposable
{
    /// <summary>
    /// How long the kernel may believe a name or attributes. Other masters' changes are told by notifications; this bounds what a
    /// lost one does.
    /// </summary>
    private static readonly TimeSpan s_validity = TimeSpan.FromSeconds(1);

    private static readonly string[] s_operations = [.. Enumerable.Range(0, 64).Select(number => ((FuseOpcode)number).ToString())];

    [ThreadStatic]
    private static byte[]? t_path;

    private readonly LocalReplica _replica;
    private readonly NamespaceState _namespace;
    private readonly MasterSession _session;
    private readonly LookupTable _lookups = new();
    private readonly HandleTable<OpenFile> _files = new();
    private readonly HandleTable<OpenDirectory> _directories = new();
    private readonly KafkaFsMetrics _metrics;
    private readonly SpaceReserve _reserve;

    public MasterFileSystem(LocalReplica replica, MasterSession session, SpaceReserve reserve, KafkaFsMetrics metrics)
    {
        (_replica, _namespace, _session, _reserve, _metrics) = (replica, replica.Namespace, session, reserve, metrics);
        Orphans = new OrphanTable(replica, _lookups);
        Notifier = new KernelNotifier(_lookups);
    }

    public OrphanTable Orphans { get; }

    public KernelNotifier Notifier { get; }

    public int OpenFiles => _files.Count;

    /// <summary>Inodes that the kernel knows.</summary>
    public int KnownInodes => _lookups.Count;

    /// <inheritdoc/>
    public override void OnAnswered(FuseOpcode opcode, Errno errno, long started) => _metrics.OnCall((uint)opcode < s_operations.Length ? s_operations[(uint)opcode] : "Unknown", errno, started);

    /// <inheritdoc/>
    public override void Forget(NodeId node, ulong count)
    {
        FileId inode = Id(node);
        if (_lookups.Forget(inode, count))
        {
            Orphans.OnForgotten(inode);
        }
    }

    /// <summary>Not handed over yet: withdrawn, EINTR. Handed over: the answer comes with the acknowledgement.</summary>
    public override void Interrupt(FuseRequest request)
    {
        if (request.State is FuseCall call)
        {
            call.IsInterrupted = true;
            Withdraw(call);
        }
    }

    /// <inheritdoc/>
    public override void Lookup(FuseRequest request, NodeId parent, ReadOnlySpan<byte> name)
    {
        if (name.Length > _namespace.Limits.NameMax)
        {
            request.ReplyError(Errno.ENAMETOOLONG);
            return;
        }

        InodeAttributes attributes;
        FileId inode;
        lock (_namespace.Gate)
        {
            inode = Resolve(Id(parent), name);
            if (_namespace.TryGetAttributes(inode, out attributes))
            {
                _lookups.Add(inode);
            }
        }

        request.ReplyEntry(attributes.Type == InodeType.None ? new FuseEntry(default, default, s_validity, s_validity) : Entry(inode, attributes));
    }

    /// <inheritdoc/>
    public override void GetAttr(FuseRequest request, NodeId node, HandleId? handle)
    {
        if (TryGetAttributes(Id(node), out InodeAttributes attributes))
        {
            request.ReplyAttr(Attr(Id(node), attributes), s_validity);
        }
        else
        {
            request.ReplyError(Errno.ENOENT);
        }
    }

    /// <inheritdoc/>
    public override void Statx(FuseRequest request, NodeId node)
    {
        if (TryGetAttributes(Id(node), out InodeAttributes attributes))
        {
            request.ReplyStatx(Attr(Id(node), attributes), s_validity);
        }
        else
        {
            request.ReplyError(Errno.ENOENT);
        }
    }

    /// <inheritdoc/>
    public override void ReadLink(FuseRequest request, NodeId node)
    {
        byte[] target;
        lock (_namespace.Gate)
        {
            target = _namespace.GetTarget(Id(node)).ToArray();
        }

        if (target.Length == 0 && Orphans.TryGet(Id(node), out Orphan orphan))
        {
            target = orphan.Target;
        }

        if (target.Length == 0)
        {
            request.ReplyError(Errno.EINVAL);
        }
        else
        {
            request.ReplyData(target);
        }
    }

    /// <inheritdoc/>
    public override void StatFs(FuseRequest request, NodeId node)
    {
        Errno errno = _replica.Tree.StatFileSystem(out Posix.Files.FileSystemStatus status);
        if (errno != Errno.None)
        {
            request.ReplyError(errno);
            return;
        }

        request.ReplyStatFs(new FuseStatFs(
            status.Blocks, status.BlocksFree, status.BlocksAvailable, status.Files, status.FilesFree, (uint)status.BlockSize, _namespace.Limits.NameMax));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Notifier.Dispose();
        Orphans.Dispose();
    }

    private static FileId Id(NodeId node) => new(node.Value);

    private FileId Resolve(FileId parent, ReadOnlySpan<byte> name)
    {
        // "." and ".." come from file handles (NFS, open_by_handle_at) only.
        if (name.SequenceEqual("."u8))
        {
            return parent;
        }

        if (name.SequenceEqual(".."u8))
        {
            return _namespace.TryGetName(parent, out FileId above, out _) ? above : FileId.Root;
        }

        return _namespace.Lookup(parent, name);
    }

    private bool TryGetAttributes(FileId inode, out InodeAttributes attributes)
    {
        lock (_namespace.Gate)
        {
            if (_namespace.TryGetAttributes(inode, out attributes))
            {
                return true;
            }
        }

        if (Orphans.TryGet(inode, out Orphan orphan))
        {
            attributes = orphan.Attributes;
            return true;
        }

        return false;
    }

    /// <summary>Appends a record for <paramref name="request"/>; it is answered by <paramref name="succeed"/> or with an errno.</summary>
    private void Submit(FuseRequest request, ref Change change, CallCompletion succeed, Func<Errno, Errno>? translate = null)
    {
        Errno errno = CheckLengths(change);
        errno = errno != Errno.None ? errno : CheckSpace(change);
        if (errno != Errno.None)
        {
            request.ReplyError(errno);
            return;
        }

        change.Header.Path = PathHint(change, t_path ??= new byte[ChangeCodec.MaxPathBytes]);
        FuseCall call = new(request, succeed) { Translate = translate, Part = ApplyPart };
        request.State = call;
        request.Defer();
        if (request.IsInterrupted)
        {
            call.IsInterrupted = true;
        }

        errno = _session.Submit(ref change, call);
        if (errno != Errno.None)
        {
            request.ReplyError(errno);
        }
        else if (call.IsInterrupted)
        {
            // The interrupt came before there was anything to withdraw. The request may be answered by now: only the call is looked at.
            Withdraw(call);
        }
    }

    private void Withdraw(FuseCall call)
    {
        if (_session.TryWithdraw(call))
        {
            call.Abandon(Errno.EINTR);
        }
    }

    // What evaluation would refuse anyway must not be journaled first: the kernel gives xattr values of 64 KiB and names of 1 KiB.
    private Errno CheckLengths(in Change change)
    {
        Limits limits = _namespace.Limits;
        if (change.Kind is ChangeKind.SetXattr or ChangeKind.RemoveXattr)
        {
            return change.Name.Length > limits.XattrNameMax ? Errno.ERANGE
                : change.Data.Length > limits.XattrValueMax ? Errno.ENOSPC
                : Errno.None;
        }

        return change.Name.Length > limits.NameMax || change.NewName.Length > limits.NameMax ? Errno.ENAMETOOLONG : Errno.None;
    }

    // Before there is a record: one that this disk cannot hold would stall the mount.
    private Errno CheckSpace(in Change change)
    {
        ulong size = change.Kind == ChangeKind.Truncate && TryGetAttributes(change.Inode, out InodeAttributes attributes) ? attributes.Size : 0;
        return _reserve.Refuses(change, size) ? Errno.ENOSPC : Errno.None;
    }

    private ReadOnlySpan<byte> PathHint(scoped in Change change, Span<byte> buffer)
    {
        lock (_namespace.Gate)
        {
            return change.Parent.IsNone
                ? _namespace.CopyPath(change.Inode, buffer, cut: true)
                : _namespace.WritePath(change.Parent, change.Name, buffer);
        }
    }

    private static void ReplySuccess(FuseRequest request, in Change change, Effects effects) => request.ReplyError(Errno.None);

    private static FuseEntry Entry(FileId inode, in InodeAttributes attributes) =>
        new(new NodeId(inode.Value), Attr(inode, attributes), s_validity, s_validity);

    private static FuseAttr Attr(FileId inode, in InodeAttributes attributes)
    {
        const uint blockSize = 4_096, sectorBytes = 512;
        ulong size = attributes.IsDirectory ? blockSize : attributes.Size;
        return new FuseAttr
        {
            Inode = inode.Value,
            Size = size,
            Blocks = attributes.Type == InodeType.Symlink ? 0 : (size + blockSize - 1) / blockSize * (blockSize / sectorBytes),
            AtimeNs = attributes.StAtimeNs,
            MtimeNs = attributes.MtimeNs,
            CtimeNs = attributes.CtimeNs,
            BtimeNs = attributes.BtimeNs,
            Mode = attributes.StMode,
            Links = attributes.StLinks,
            Uid = attributes.Uid,
            Gid = attributes.Gid,
            Rdev = attributes.Rdev,
            BlockSize = blockSize,
        };
    }
}
