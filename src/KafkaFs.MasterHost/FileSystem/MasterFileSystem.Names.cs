using KafkaFs.Fuse.Abi;
using KafkaFs.Fuse.Protocol;
using KafkaFs.Fuse.Session;
using KafkaFs.Journal.Codec;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.MasterHost.FileSystem;

/// <summary>Calls that change names.</summary>
internal sealed partial class MasterFileSystem
{
    private const uint SetGidBit = 0x400;

    /// <inheritdoc/>
    public override void MkDir(FuseRequest request, NodeId parent, ReadOnlySpan<byte> name, uint mode)
    {
        Change change = NewInode(ChangeKind.Mkdir, request, parent, name, mode);
        Submit(request, ref change, _replyMade);
    }

    /// <inheritdoc/>
    public override void MkNod(FuseRequest request, NodeId parent, ReadOnlySpan<byte> name, uint mode, uint rdev)
    {
        InodeType type = (InodeType)(mode >> 12);
        Change change = NewInode(type == InodeType.RegularFile ? ChangeKind.Create : ChangeKind.Mknod, request, parent, name, mode);
        if (change.Kind == ChangeKind.Mknod)
        {
            change.Type = (uint)type;
            change.Rdev = type is InodeType.CharacterDevice or InodeType.BlockDevice ? rdev : 0;
        }

        Submit(request, ref change, _replyMade);
    }

    /// <inheritdoc/>
    public override void SymLink(FuseRequest request, NodeId parent, ReadOnlySpan<byte> name, ReadOnlySpan<byte> target)
    {
        if (target.IsEmpty || target.Length > 4_095)
        {
            request.ReplyError(target.IsEmpty ? Errno.ENOENT : Errno.ENAMETOOLONG);
            return;
        }

        Change change = NewInode(ChangeKind.Symlink, request, parent, name, 0);
        change.Data = target;
        Submit(request, ref change, _replyMade);
    }

    /// <inheritdoc/>
    public override void Link(FuseRequest request, NodeId node, NodeId newParent, ReadOnlySpan<byte> newName)
    {
        Change change = new() { Kind = ChangeKind.Link, Inode = Id(node), Parent = Id(newParent), Name = newName };
        Submit(request, ref change, _replyMade);
    }

    /// <inheritdoc/>
    public override void Unlink(FuseRequest request, NodeId parent, ReadOnlySpan<byte> name)
    {
        Change change = new() { Kind = ChangeKind.Unlink, Parent = Id(parent), Name = name };
        Submit(request, ref change, ReplySuccess);
    }

    /// <inheritdoc/>
    public override void RmDir(FuseRequest request, NodeId parent, ReadOnlySpan<byte> name)
    {
        Change change = new() { Kind = ChangeKind.Rmdir, Parent = Id(parent), Name = name };
        Submit(request, ref change, ReplySuccess);
    }

    /// <inheritdoc/>
    public override void Rename(
        FuseRequest request, NodeId parent, ReadOnlySpan<byte> name, NodeId newParent, ReadOnlySpan<byte> newName, uint flags)
    {
        const uint noReplace = 1, exchange = 2;
        if ((flags & ~(noReplace | exchange)) != 0)
        {
            request.ReplyError(Errno.EINVAL);
            return;
        }

        Change change = new()
        {
            Kind = ChangeKind.Rename,
            Parent = Id(parent),
            Name = name,
            NewParent = Id(newParent),
            NewName = newName,
            Flags = ((flags & noReplace) != 0 ? ChangeFlags.RenameNoReplace : 0) | ((flags & exchange) != 0 ? ChangeFlags.RenameExchange : 0),
        };
        Submit(request, ref change, ReplySuccess);
    }

    /// <summary>
    /// The kernel believes that the file is new, and asks for no permission. If another master was faster, ESTALE makes it look the
    /// name up again and open what is there, with all checks and O_TRUNC.
    /// </summary>
    public override void Create(FuseRequest request, NodeId parent, ReadOnlySpan<byte> name, uint mode, uint flags)
    {
        Change change = NewInode(ChangeKind.Create, request, parent, name, mode);
        bool exclusive = ((OpenFlags)flags & OpenFlags.Exclusive) != 0;
        CallCompletion created = (FuseRequest answered, in Change _, Effects effects) =>
            answered.ReplyCreate(Made(effects), AddFile(effects.Inode, flags), OpenFlagsOf(effects.Inode, flags));
        Submit(request, ref change, created, exclusive ? null : static errno => errno == Errno.EEXIST ? Errno.ESTALE : errno);
    }

    // Final mode and ids: umask is applied by the kernel, the rules of a setgid directory here (inode_init_owner).
    private Change NewInode(ChangeKind kind, FuseRequest request, NodeId parent, ReadOnlySpan<byte> name, uint mode)
    {
        TryGetAttributes(Id(parent), out InodeAttributes directory, out _);
        bool inherits = (directory.Mode & SetGidBit) != 0;
        return new Change
        {
            Kind = kind,
            Parent = Id(parent),
            Name = name,
            Mode = (mode & 0xfff) | (inherits && kind == ChangeKind.Mkdir ? SetGidBit : 0),
            Uid = request.Uid,
            Gid = inherits ? directory.Gid : request.Gid,
        };
    }

    private void ReplyMade(FuseRequest request, in Change change, Effects effects) => request.ReplyEntry(Made(effects));

    private FuseEntry Made(Effects effects)
    {
        effects.TryGetUpdate(effects.Inode, out InodeUpdate update);
        InodeAttributes attributes = update.After;
        bool isPending = _writes.Overlay(effects.Inode, ref attributes);
        _lookups.Add(effects.Inode);
        return Entry(effects.Inode, attributes, isPending);
    }
}
