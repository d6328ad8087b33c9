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
        if (name.StartsWith("system."u8) || (flags & ~(create | replace)) != 0)
        {
            request.ReplyError(name.StartsWith("system."u8) ? Errno.EOPNOTSUPP : Errno.EINVAL);
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
        if (name.StartsWith("system."u8))
        {
            request.ReplyError(Errno.EOPNOTSUPP);
            return;
        }

        Change change = new() { Kind = ChangeKind.RemoveXattr, Inode = Id(node), Name = name };
        Submit(request, ref change, ReplyApplied);
    }

    /// <inheritdoc/>
    public override void GetXattr(FuseRequest request, NodeId node, ReadOnlySpan<byte> name, int size)
    {
        if (name.StartsWith("system."u8))
        {
            request.ReplyError(Errno.EOPNOTSUPP);
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
    public override void ListXattr(FuseRequest request, NodeId node, int size)
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

        ReplyXattr(request, names, size);
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
