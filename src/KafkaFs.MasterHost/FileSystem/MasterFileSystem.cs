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
    /// <summary>How long the kernel may believe attributes: other masters' changes are told by notifications.</summary>
    private static readonly TimeSpan s_validity = TimeSpan.FromHours(1);

    // Names too, where all of them can be invalidated at once when there are too many notifications.
    private static readonly TimeSpan s_shortValidity = TimeSpan.FromSeconds(1);

    private static readonly string[] s_operations = [.. Enumerable.Range(0, 64).Select(number => ((FuseOpcode)number).ToString())];

    // Answered and not applied; a WRITE beyond it waits for room.
    private const long MaxPendingBytes = 64L * 1024 * 1024;

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
    private readonly EarlyWrites _writes = new(MaxPendingBytes);
    private readonly DoubtTable _doubts = new();
    private readonly DiskThreads _disk = new();
    private readonly LogEnd? _logEnd;
    private readonly TimeSpan _validity;

    // Made once: each call would allocate them.
    private readonly CallCompletion _replyMade;
    private readonly PartCompletion _applyPart;
    private readonly LateCompletion _late;
    private readonly Predicate<PendingCall> _withdraw;
    private TimeSpan _nameValidity = s_shortValidity;

    /// <param name="logEnd">Close-to-open: who opens or looks up waits for it, and the kernel asks each time. Null: nobody waits.</param>
    public MasterFileSystem(LocalReplica replica, MasterSession session, SpaceReserve reserve, KafkaFsMetrics metrics, LogEnd? logEnd = null)
    {
        (_logEnd, _validity) = (logEnd, logEnd is null ? s_validity : TimeSpan.Zero);
        (_replica, _namespace, _session, _reserve, _metrics) = (replica, replica.Namespace, session, reserve, metrics);
        Orphans = new OrphanTable(replica, _lookups, _disk.Post);
        Notifier = new KernelNotifier(_lookups, Orphans.Settled, HasOtherSessions);
        _writes.Lost = Notifier.OnLost;
        (_replyMade, _applyPart, _late, _withdraw) = (ReplyMade, ApplyPart, Notifier.OnForeign, session.TryWithdraw);
    }

    /// <summary>Adjacent writes become one record of up to so many bytes; not more than a record may have.</summary>
    public int MaxWriteBytes { get; set; } = 128 * 1024;

    /// <summary>Content that calls were answered for and that is not applied, bytes.</summary>
    public long PendingBytes => _writes.Bytes;

    public OrphanTable Orphans { get; }

    public KernelNotifier Notifier { get; }

    public int OpenFiles => _files.Count;

    /// <summary>Inodes that the kernel knows.</summary>
    public int KnownInodes => _lookups.Count;

    /// <inheritdoc/>
    public override void OnConnected(FuseConnectionInfo connection) =>
        _nameValidity = _logEnd is not null ? TimeSpan.Zero : connection.HasEpoch ? s_validity : s_shortValidity;

    /// <inheritdoc/>
    public override void OnAnswered(FuseOpcode opcode, Errno errno, uint thread, long started) =>
        _metrics.OnCall((uint)opcode < s_operations.Length ? s_operations[(uint)opcode] : "Unknown", errno, thread, started);

    /// <inheritdoc/>
    public override void Forget(NodeId node, ulong count)
    {
        FileId inode = Id(node);
        if (_lookups.Forget(inode, count))
        {
            Orphans.OnForgotten(inode);
        }
    }

    /// <summary>
    /// Only remembered while the journal is healthy. As soon as it is stalled the call ends with EINTR: withdrawn if it was not handed over yet, else with
    /// an unknown outcome.
    /// </summary>
    public override void Interrupt(FuseRequest request)
    {
        if (request.State is FuseCall call)
        {
            call.IsInterrupted = true;
            EndIfInterrupted(call);
        }
        else if (request.State is WriteWait wait)
        {
            wait.IsInterrupted = true;
            _session.Waits.EndIfInterrupted(wait);
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

        if (_logEnd is null)
        {
            LookupNow(request, parent, name);
        }
        else
        {
            LookupAtLogEnd(request, parent, name.ToArray());
        }
    }

    // Methods of their own: what a lambda takes along is allocated where its method begins.
    private void LookupAtLogEnd(FuseRequest request, NodeId parent, byte[] name) => AtLogEnd(request, () => LookupNow(request, parent, name));

    private void LookupNow(FuseRequest request, NodeId parent, ReadOnlySpan<byte> name)
    {
        // The answer overwrites the request.
        Span<byte> asked = stackalloc byte[byte.MaxValue + 1];
        name.CopyTo(asked);
        asked = asked[..name.Length];
        long version = Notifier.VersionOf(Id(parent));
        InodeAttributes attributes;
        FileId inode;
        bool isPending = false;
        lock (_namespace.Gate)
        {
            inode = Resolve(Id(parent), asked);
            if (_namespace.TryGetAttributes(inode, out attributes))
            {
                isPending = _writes.Overlay(inode, ref attributes);
                _lookups.Add(inode);
            }
        }

        request.ReplyEntry(attributes.Type == InodeType.None ? new FuseEntry(default, default, _nameValidity, _validity) : Entry(inode, attributes, isPending));
        Notifier.Recheck(Id(parent), asked, version);
    }

    /// <inheritdoc/>
    public override void GetAttr(FuseRequest request, NodeId node, HandleId? handle)
    {
        long version = Notifier.VersionOf(Id(node));
        if (TryGetAttributes(Id(node), out InodeAttributes attributes, out TimeSpan validity))
        {
            request.ReplyAttr(Attr(Id(node), attributes), validity);
            Notifier.Recheck(Id(node), version);
        }
        else
        {
            request.ReplyError(Errno.ENOENT);
        }
    }

    /// <inheritdoc/>
    public override void Statx(FuseRequest request, NodeId node)
    {
        long version = Notifier.VersionOf(Id(node));
        if (TryGetAttributes(Id(node), out InodeAttributes attributes, out TimeSpan validity))
        {
            request.ReplyStatx(Attr(Id(node), attributes), validity);
            Notifier.Recheck(Id(node), version);
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
        _disk.Dispose();
    }

    // Close-to-open: what was answered elsewhere before this request is applied here first.
    private void AtLogEnd(FuseRequest request, Action go)
    {
        request.Defer();
        _logEnd!.WhenReached(go, () => request.IsInterrupted);
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

    // Attributes as they were answered for, and for how long they hold: what a pending write will make of them exactly is only known
    // when it is applied. It is applied before it stops being pending, so under the gate one of the two has it.
    private bool TryGetAttributes(FileId inode, out InodeAttributes attributes, out TimeSpan validity, bool areShown = true)
    {
        bool isPending, exists;
        lock (_namespace.Gate)
        {
            exists = _namespace.TryGetAttributes(inode, out attributes);
            isPending = exists && _writes.Overlay(inode, ref attributes, areShown);
        }

        if (!exists && Orphans.TryGet(inode, out Orphan orphan))
        {
            (exists, isPending) = (true, OverlayOrphan(inode, orphan, areShown, out attributes));
        }

        validity = isPending ? TimeSpan.Zero : _validity;
        return exists;
    }

    private bool OverlayOrphan(FileId inode, Orphan orphan, bool areShown, out InodeAttributes attributes)
    {
        bool wasPending, isPending;
        do
        {
            // What ended in between is in the attributes now.
            wasPending = _writes.IsPending(inode);
            attributes = orphan.Attributes;
            isPending = _writes.Overlay(inode, ref attributes, areShown);
        }
        while (wasPending && !isPending);
        return isPending;
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

        if (!change.Inode.IsNone)
        {
            _writes.Seal(change.Inode);
        }

        change.Header.Path = PathHint(change, t_path ??= new byte[ChangeCodec.MaxPathBytes]);
        FuseCall call = new(request, _session.Waits, succeed)
        {
            Translate = translate,
            Part = _applyPart,
            Late = _late,
            Withdraw = _withdraw,
            Doubts = _doubts,
            Inodes = (change.Parent.IsNone ? change.Inode : change.Parent, change.NewParent),
        };
        Defer(request, call);
        errno = _session.Submit(ref change, call);
        if (errno != Errno.None)
        {
            call.Abandon(errno);
        }
        else if (call.IsInterrupted)
        {
            // The interrupt came before there was anything to withdraw. The request may be answered by now: only the call is looked at.
            EndIfInterrupted(call);
        }
    }

    private void Defer(FuseRequest request, IJournalWait wait)
    {
        request.State = wait;
        // Before an interrupt can find and end it.
        _session.Waits.Add(wait);
        request.Defer();
        if (request.IsInterrupted)
        {
            wait.IsInterrupted = true;
        }
    }

    // Before the session has begun it is not known how long it takes.
    private void EndIfInterrupted(FuseCall call)
    {
        if (_session.Id == SessionId.None)
        {
            call.TryWithdraw(Errno.EINTR);
        }
        else
        {
            _session.Waits.EndIfInterrupted(call);
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
        ulong size = change.Kind == ChangeKind.Truncate && TryGetAttributes(change.Inode, out InodeAttributes attributes, out _) ? attributes.Size : 0;
        return _reserve.Refuses(change, size, _writes.Bytes) ? Errno.ENOSPC : Errno.None;
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

    private FuseEntry Entry(FileId inode, in InodeAttributes attributes, bool isPending) =>
        new(new NodeId(inode.Value), Attr(inode, attributes), _nameValidity, isPending ? TimeSpan.Zero : _validity);

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
