using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.MasterHost.FileSystem;

/// <summary>
/// An inode that lost its last name while the kernel still knows it: it lives on in this process only, until the kernel forgets
/// it. Records about it are void everywhere; here they take effect.
/// </summary>
internal sealed class Orphan(FileId inode, InodeAttributes attributes, SafeFd? content, byte[] target) : IDisposable
{
    private readonly Lock _gate = new();
    private InodeAttributes _attributes = attributes;

    public FileId Inode { get; } = inode;

    /// <summary>The content of a regular file, open for reading and writing.</summary>
    public SafeFd? Content { get; } = content;

    /// <summary>The target of a symlink.</summary>
    public byte[] Target { get; } = target;

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

    /// <summary>Does what a successful record says.</summary>
    public Errno Apply(in Change change, long nowNs)
    {
        lock (_gate)
        {
            _attributes.CtimeNs = nowNs;
            return change.Kind switch
            {
                ChangeKind.Write => Write(change, nowNs),
                ChangeKind.Truncate => Resize(change.Size, nowNs),
                ChangeKind.Allocate when (change.Mode & 1) == 0 => Resize(Math.Max(_attributes.Size, change.Offset + change.Length), nowNs),
                ChangeKind.SetAttr => SetAttributes(change, nowNs),
                _ => Errno.None,
            };
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Content?.Dispose();

    private Errno Write(in Change change, long nowNs)
    {
        if (Content is null)
        {
            return Errno.EBADF;
        }

        ulong offset = (change.Flags & ChangeFlags.Append) != 0 ? _attributes.Size : change.Offset;
        Errno errno = DescriptorCalls.WriteAll(Content, change.Data, offset);
        _attributes.Size = errno == Errno.None ? Math.Max(_attributes.Size, offset + (ulong)change.Data.Length) : _attributes.Size;
        _attributes.MtimeNs = nowNs;
        return errno;
    }

    private Errno Resize(ulong size, long nowNs)
    {
        if (Content is null)
        {
            return Errno.EBADF;
        }

        Errno errno = DescriptorCalls.Truncate(Content, size);
        _attributes.Size = errno == Errno.None ? size : _attributes.Size;
        _attributes.MtimeNs = nowNs;
        return errno;
    }

    private Errno SetAttributes(in Change change, long nowNs)
    {
        _attributes.Mode = change.HasMode ? (ushort)change.Mode : _attributes.Mode;
        _attributes.Uid = change.HasUid ? change.Uid : _attributes.Uid;
        _attributes.Gid = change.HasGid ? change.Gid : _attributes.Gid;
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
}
