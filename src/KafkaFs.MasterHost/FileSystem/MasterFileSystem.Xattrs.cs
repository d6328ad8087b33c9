using KafkaFs.Fuse.Abi;
using KafkaFs.Fuse.Session;
using KafkaFs.Journal.Codec;
using KafkaFs.Posix;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.MasterHost.FileSystem;

/// <summary>Extended attributes: read from the namespace, security.capability (asked for before every first write) included.</summary>
internal sealed partial class MasterFileSystem
{
    /// <inheritdoc/>
    public override void SetXattr(FuseRequest request, NodeId node, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, uint flags)
    {
        const uint create = 1, replace = 2;
        Errno errno = (flags & ~(create | replace)) != 0 ? Errno.EINVAL : CheckXattrSpace(name);
        if (errno != Errno.None)
        {
            request.ReplyError(errno);
            return;
        }

        Change change = new()
        {
            Kind = ChangeKind.SetXattr,
            Inode = Id(node),
            Name = name,
            Data = value,
            Flags = ((flags & create) != 0 ? ChangeFlags.XattrCreate : 0) | ((flags & replace) != 0 ? ChangeFlags.XattrReplace : 0),
        };
        Submit(request, ref change, ReplyApplied);
    }

    /// <inheritdoc/>
    public override void RemoveXattr(FuseRequest request, NodeId node, ReadOnlySpan<byte> name)
    {
        Errno errno = CheckXattrSpace(name);
        if (errno != Errno.None)
        {
            request.ReplyError(errno);
            return;
        }

        Change change = new() { Kind = ChangeKind.RemoveXattr, Inode = Id(node), Name = name };
        Submit(request, ref change, ReplyApplied);
    }

    /// <inheritdoc/>
    public override void GetXattr(FuseRequest request, NodeId node, ReadOnlySpan<byte> name, int size)
    {
        Errno errno = CheckXattrSpace(name);
        if (errno != Errno.None)
        {
            request.ReplyError(errno);
            return;
        }

        // Each of them drops it.
        if (name.SequenceEqual("security.capability"u8) && _writes.IsPending(Id(node)))
        {
            request.ReplyError(Errno.ENODATA);
            return;
        }

        byte[]? value = null;
        lock (_namespace.Gate)
        {
            if (_namespace.TryGetXattr(Id(node), name, out ReadOnlySpan<byte> found))
            {
                value = found.ToArray();
            }
        }

        if (value is null && Orphans.TryGet(Id(node), out Orphan orphan))
        {
            value = orphan.GetXattr(name);
        }

        if (value is null)
        {
            request.ReplyError(Errno.ENODATA);
            return;
        }

        ReplyXattr(request, value, size);
    }

    /// <inheritdoc/>
    public override void ListXattr(FuseRequest request, NodeId node, int size) => AfterWrites(request, Id(node), () => ListXattrs(request, node, size));

    private void ListXattrs(FuseRequest request, NodeId node, int size)
    {
        byte[] names;
        lock (_namespace.Gate)
        {
            names = new byte[_namespace.ListXattrs(Id(node), default)];
            _namespace.ListXattrs(Id(node), names);
        }

        if (names.Length == 0 && Orphans.TryGet(Id(node), out Orphan orphan))
        {
            names = orphan.ListXattrs();
        }

        ReplyXattr(request, request.Uid == 0 ? names : WithoutTrusted(names), size);
    }

    // As fs/xattr.c finds the handler of a name (xattr_resolve_name): ACLs are not kept, and a namespace alone is no name.
    private static Errno CheckXattrSpace(ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> space = name[..(name.IndexOf((byte)'.') + 1)];
        return !space.SequenceEqual("user."u8) && !space.SequenceEqual("trusted."u8) && !space.SequenceEqual("security."u8) ? Errno.EOPNOTSUPP
            : space.Length == name.Length ? Errno.EINVAL
            : Errno.None;
    }

    // xattr(7): ordinary users are not told of them, and the kernel leaves that to the filesystem.
    private static byte[] WithoutTrusted(byte[] names)
    {
        int kept = 0;
        for (int at = 0, length; at < names.Length; at += length)
        {
            ReadOnlySpan<byte> name = names.AsSpan(at);
            length = name.IndexOf((byte)0) + 1;
            if (!name.StartsWith("trusted."u8))
            {
                name[..length].CopyTo(names.AsSpan(kept));
                kept += length;
            }
        }

        return names[..kept];
    }

    private void ReplyApplied(FuseRequest request, in Change change, Effects effects) => request.ReplyError(ApplyToOrphan(change, effects));

    private static void ReplyXattr(FuseRequest request, byte[] value, int size)
    {
        if (size == 0)
        {
            request.ReplyXattrSize((uint)value.Length);
        }
        else if (value.Length > size)
        {
            request.ReplyError(Errno.ERANGE);
        }
        else
        {
            request.ReplyData(value);
        }
    }
}
