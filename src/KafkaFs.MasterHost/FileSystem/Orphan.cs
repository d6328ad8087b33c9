using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Tree;

namespace KafkaFs.MasterHost.FileSystem;

/// <summary>
/// An inode that lost its last name while the kernel still knows it: it lives on in this process only, until the kernel forgets
/// it. Records about it change nothing in the replicated state; here they take effect, by the rules of evaluation. Safe for use from
/// several threads.
/// </summary>
/// <param name="attributes">As they were when the last name went, with no links.</param>
/// <param name="content">The content of a regular file, open for reading and writing; null if this machine could not open it.</param>
/// <param name="target">The target of a symlink.</param>
/// <param name="xattrs">Extended attributes, in the order of listing.</param>
internal sealed class Orphan(
    InodeAttributes attributes, SafeFd? content, byte[] target, List<(byte[] Name, byte[] Value)> xattrs, Limits limits) : IDisposable
{
    private static ReadOnlySpan<byte> Capability => "security.capability"u8;

    private readonly Lock _gate = new();
    private InodeAttributes _attributes = attributes;
    private bool _isGone;

    public SafeFd? Content { get; } = content;

    public byte[] Target { get; } = target;

    /// <summary>The name that went last, and its directory.</summary>
    public required (FileId Parent, byte[] Name) LastName { get; init; }

    /// <summary>The name is gone from the namespace. Kept by the table, under its lock.</summary>
    public bool IsSettled { get; set; }

    public InodeAttributes Attributes
    {
        get
        {
            lock (_gate)
            {
                return _attributes;
            }
        }
    }

    /// <summary>The value of an extended attribute, or null.</summary>
    public byte[]? GetXattr(ReadOnlySpan<byte> name)
    {
        lock (_gate)
        {
            int index = Find(name);
            return index < 0 ? null : xattrs[index].Value;
        }
    }

    /// <summary>The names of all extended attributes, each with a NUL.</summary>
    public byte[] ListXattrs()
    {
        lock (_gate)
        {
            return [.. xattrs.SelectMany(static xattr => xattr.Name.Append((byte)0))];
        }
    }

    /// <summary>Does what a record says that evaluation has let pass; nothing once the kernel has forgotten the inode, since nobody can see it any more.</summary>
    public Errno Apply(in Change change, long nowNs)
    {
        lock (_gate)
        {
            if (_isGone)
            {
                return Errno.None;
            }

            Errno errno = change.Kind switch
            {
                ChangeKind.Write => Write(change, nowNs),
                ChangeKind.Truncate => Truncate(change, nowNs),
                ChangeKind.Allocate => Allocate(change, nowNs),
                ChangeKind.SetAttr => SetAttributes(change, nowNs),
                ChangeKind.SetXattr => SetXattr(change),
                ChangeKind.RemoveXattr => RemoveXattr(change.Name) ? Errno.None : Errno.ENODATA,
                _ => Errno.None,
            };
            _attributes.CtimeNs = errno == Errno.None ? nowNs : _attributes.CtimeNs;
            return errno;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _isGone = true;
            Content?.Dispose();
        }
    }

    private Errno Write(in Change change, long nowNs)
    {
        ulong offset = (change.Flags & ChangeFlags.Append) != 0 ? _attributes.Size : change.Offset;
        Errno errno = CheckEnd(offset, (ulong)change.Data.Length);
        errno = errno != Errno.None ? errno : DescriptorCalls.WriteAll(Content!, change.Data, offset);
        return ContentChanged(errno, change, Math.Max(_attributes.Size, offset + (ulong)change.Data.Length), nowNs);
    }

    private Errno Truncate(in Change change, long nowNs)
    {
        Errno errno = CheckEnd(change.Size, 0);
        errno = errno != Errno.None ? errno : DescriptorCalls.Truncate(Content!, change.Size);
        return ContentChanged(errno, change, change.Size, nowNs);
    }

    private Errno Allocate(in Change change, long nowNs)
    {
        const uint keepSize = 1;
        ulong size = (change.Mode & keepSize) != 0 ? _attributes.Size : Math.Max(_attributes.Size, change.Offset + change.Length);
        Errno errno = CheckEnd(change.Offset, change.Length);
        errno = errno != Errno.None ? errno : FileAllocation.Allocate(Content!, change.Mode, change.Offset, change.Length, _attributes.Size, size);
        return ContentChanged(errno, change, size, nowNs);
    }

    private Errno CheckEnd(ulong offset, ulong length)
    {
        ulong end = offset + length;
        return _attributes.Type != InodeType.RegularFile ? Errno.EINVAL
            : end < offset || end > limits.FileSizeMax ? Errno.EFBIG
            : Content is null ? Errno.EIO
            : Errno.None;
    }

    private Errno ContentChanged(Errno errno, in Change change, ulong size, long nowNs)
    {
        if (errno == Errno.None)
        {
            (_attributes.Size, _attributes.MtimeNs) = (size, nowNs);
            KillSuidGid(change.Flags);
            RemoveXattr(Capability);
        }

        return errno;
    }

    private void KillSuidGid(ChangeFlags flags)
    {
        if ((flags & ChangeFlags.KillSuidGid) != 0 && _attributes.Type != InodeType.Directory)
        {
            _attributes.Mode = Evaluation.WithoutSuidGid(_attributes.Mode);
            RemoveXattr(Capability);
        }
    }

    private Errno SetAttributes(in Change change, long nowNs)
    {
        _attributes.Uid = change.HasUid ? change.Uid : _attributes.Uid;
        _attributes.Gid = change.HasGid ? change.Gid : _attributes.Gid;
        KillSuidGid(change.Flags);
        _attributes.Mode = change.HasMode ? (ushort)change.Mode : _attributes.Mode;
        if (change.HasAtime || (change.Flags & ChangeFlags.AtimeNow) != 0)
        {
            (_attributes.AtimeNs, _attributes.HasAtime) = (change.HasAtime ? change.AtimeNs : nowNs, true);
        }

        if (change.HasMtime || (change.Flags & ChangeFlags.MtimeNow) != 0)
        {
            _attributes.MtimeNs = change.HasMtime ? change.MtimeNs : nowNs;
        }

        return Errno.None;
    }

    private Errno SetXattr(in Change change)
    {
        int index = Find(change.Name);
        long total = xattrs.Sum(static xattr => (long)xattr.Name.Length + xattr.Value.Length + Evaluation.XattrOverheadBytes);
        Errno errno = Evaluation.CheckXattr(change, _attributes, limits, index < 0 ? null : xattrs[index].Value.Length, total);
        if (errno != Errno.None)
        {
            return errno;
        }

        (byte[], byte[]) set = (change.Name.ToArray(), change.Data.ToArray());
        if (index < 0)
        {
            xattrs.Add(set);
        }
        else
        {
            xattrs[index] = set;
        }

        return Errno.None;
    }

    private bool RemoveXattr(ReadOnlySpan<byte> name)
    {
        int index = Find(name);
        if (index >= 0)
        {
            xattrs.RemoveAt(index);
        }

        return index >= 0;
    }

    private int Find(ReadOnlySpan<byte> name)
    {
        for (int index = 0; index < xattrs.Count; index++)
        {
            if (name.SequenceEqual(xattrs[index].Name))
            {
                return index;
            }
        }

        return -1;
    }
}
