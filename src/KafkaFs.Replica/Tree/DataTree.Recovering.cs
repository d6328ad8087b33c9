using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Posix;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Recovery;

namespace KafkaFs.Replica.Tree;

/// <summary>What recovery asks of a tree: single objects made, filled and shaped to what the namespace says, in any state of the rest.</summary>
public sealed partial class DataTree
{
    private byte[]? _xattrNames;

    /// <summary>Finds out whether objects can be opened by their identities here.</summary>
    internal bool ProbeHandles()
    {
        Span<byte> identity = stackalloc byte[Effects.MaxIdentityBytes];
        Errno errno = _calls.Identify(_place.Own, default, identity, out int length);
        if (errno == Errno.None)
        {
            errno = _calls.OpenIdentity(_place.Root, identity[..length], out SafeFd fd);
            fd.Dispose();
        }

        OpensHandles = errno == Errno.None;
        return OpensHandles;
    }

    /// <summary>Makes the object of a new inode, with the owner and mode that the namespace has; a regular file is empty.</summary>
    internal Errno MakeAnew(SafeFd directory, ReadOnlySpan<byte> name, FileId inode, IInodeSource inodes, Span<byte> identity, out int length)
    {
        length = 0;
        inodes.TryGetAttributes(inode, out InodeAttributes attributes);
        Errno errno = MakeObject(inode, attributes, null, inodes.GetTarget(inode), directory, name, out SafeFd made);
        using (made)
        {
            errno = errno != Errno.None ? errno : Shape(made, attributes, InodeAspects.Owner | InodeAspects.Mode);
            return errno != Errno.None ? errno : _calls.Identify(made, default, identity, out length);
        }
    }

    /// <summary>A change of a content as evaluation found it; the file may hold anything that the log's later records left.</summary>
    internal Errno RedoContent(in Change change, in ContentChange redone, IInodeSource inodes)
    {
        Errno errno = Writer(redone.Inode, inodes, out SafeFd writer);
        return errno != Errno.None ? errno : redone.Kind switch
        {
            EffectKind.Write => _calls.WriteAll(writer, change.Data, redone.Offset),
            EffectKind.Truncate => _calls.Truncate(writer, redone.After),
            _ => _calls.Allocate(writer, change.Mode, redone.Offset, change.Length, redone.Before, redone.After),
        };
    }

    /// <summary>Gives an object all the attributes that the namespace has: owner, mode, xattrs, times, in the order in which none undoes another.</summary>
    internal Errno Reshape(FileId inode, NamespaceState state)
    {
        Errno errno = Reach(inode, state, out DescriptorLease lease);
        if (errno != Errno.None)
        {
            return errno;
        }

        using (lease)
        {
            state.TryGetAttributes(inode, out InodeAttributes attributes);
            errno = Shape(lease.Fd, attributes, InodeAspects.Owner | InodeAspects.Mode);
            errno = errno != Errno.None || attributes.Type == InodeType.Symlink ? errno : ReshapeXattrs(inode, lease.Fd, state);
            return errno != Errno.None ? errno : _calls.ChangeTimes(lease.Fd, attributes.StAtimeNs, attributes.MtimeNs);
        }
    }

    /// <summary>Closes what is kept open of objects that may be gone.</summary>
    internal void ForgetObjects()
    {
        CloseWriters();
        _cache.Clear();
        _xattrNames = null;
    }

    private Errno ReshapeXattrs(FileId inode, SafeFd fd, NamespaceState state)
    {
        byte[] names = _xattrNames ??= new byte[NativeLimits.XattrListBytes];
        Errno errno = _calls.ListXattrs(fd, names, out int length);
        for (ReadOnlySpan<byte> rest = names.AsSpan(0, length); errno == Errno.None && !rest.IsEmpty; rest = rest[(rest.IndexOf((byte)0) + 1)..])
        {
            ReadOnlySpan<byte> name = rest[..rest.IndexOf((byte)0)];
            if (ProjectedAttributes.HasXattr(_ownership, name) && !state.TryGetXattr(inode, name, out _))
            {
                errno = _calls.RemoveXattr(fd, name);
            }
        }

        length = errno == Errno.None ? state.ListXattrs(inode, names) : 0;
        for (ReadOnlySpan<byte> rest = names.AsSpan(0, length); errno == Errno.None && !rest.IsEmpty; rest = rest[(rest.IndexOf((byte)0) + 1)..])
        {
            ReadOnlySpan<byte> name = rest[..rest.IndexOf((byte)0)];
            if (ProjectedAttributes.HasXattr(_ownership, name) && state.TryGetXattr(inode, name, out ReadOnlySpan<byte> value))
            {
                errno = _calls.SetXattr(fd, name, value);
            }
        }

        return errno;
    }
}
