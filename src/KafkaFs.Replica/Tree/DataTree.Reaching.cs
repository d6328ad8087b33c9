using KafkaFs.Journal;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.Replica.Tree;

/// <summary>From a FileId to its object: cache, then file handle, then path; a mismatch is never served.</summary>
public sealed partial class DataTree
{
    private const int ReachAttempts = 8;

    private volatile bool _opensHandles = true;

    /// <summary>open_by_handle_at(2) is allowed, until it was refused: then objects are reached by their paths.</summary>
    internal bool OpensHandles
    {
        get => _opensHandles;
        set => _opensHandles = value;
    }

    /// <summary>A lease on an O_PATH descriptor of the object; ESTALE if what is found is another one, again and again.</summary>
    internal Errno Reach(FileId inode, IInodeSource inodes, out DescriptorLease lease)
    {
        if (inode == FileId.Root)
        {
            lease = new DescriptorLease(_place.Root);
            return Errno.None;
        }

        if (_cache.TryGet(inode, out lease))
        {
            return Errno.None;
        }

        Errno errno = Errno.ESTALE;
        for (int attempt = 0; attempt < ReachAttempts && errno is Errno.ESTALE or Errno.ENOENT or Errno.ENOTDIR; attempt++)
        {
            errno = Find(inode, inodes, out SafeFd fd);
            errno = MakesRoom(errno) ? Find(inode, inodes, out fd) : errno;
            if (errno == Errno.None)
            {
                lease = _cache.Add(inode, fd);
                ForgetIfDead(inode, inodes);
                return Errno.None;
            }
        }

        return errno;
    }

    // The cache may go, an open file not.
    private bool MakesRoom(Errno errno)
    {
        if (errno is not (Errno.EMFILE or Errno.ENFILE))
        {
            return false;
        }

        _cache.Clear();
        return true;
    }

    // The holder of the apply lock may use what it has open for writing.
    private Errno ReachOwn(FileId inode, IInodeSource inodes, out DescriptorLease lease)
    {
        if (_writers.TryGetValue(inode, out SafeFd? writer))
        {
            lease = new DescriptorLease(writer);
            return Errno.None;
        }

        return Reach(inode, inodes, out lease);
    }

    // The inode may have died between finding and keeping: its descriptor would hold the space of a deleted file.
    private void ForgetIfDead(FileId inode, IInodeSource inodes)
    {
        Span<byte> identity = stackalloc byte[Effects.MaxIdentityBytes];
        if (inodes.CopyIdentity(inode, identity) == 0)
        {
            _cache.Remove(inode);
        }
    }

    private Errno Find(FileId inode, IInodeSource inodes, out SafeFd fd)
    {
        fd = new SafeFd();
        Span<byte> identity = stackalloc byte[Effects.MaxIdentityBytes];
        identity = identity[..inodes.CopyIdentity(inode, identity)];
        if (identity.IsEmpty)
        {
            return Errno.ENOENT;
        }

        if (OpensHandles)
        {
            Errno errno = _calls.OpenIdentity(_place.Root, identity, out fd);
            if (errno is not (Errno.EPERM or Errno.EACCES or Errno.ENOSYS or Errno.EOPNOTSUPP))
            {
                return errno;
            }

            OpensHandles = false;
        }

        return FindByPath(inode, identity, inodes, out fd);
    }

    private Errno FindByPath(FileId inode, ReadOnlySpan<byte> identity, IInodeSource inodes, out SafeFd fd)
    {
        Span<byte> buffer = stackalloc byte[NativeLimits.PathBytes];
        ReadOnlySpan<byte> path = CopyWholePath(inode, inodes, buffer);
        if (path.IsEmpty)
        {
            fd = new SafeFd();
            return Errno.ENOENT;
        }

        Errno errno = _calls.OpenBeneath(_place.Root, path, out fd);
        if (errno != Errno.None)
        {
            return errno;
        }

        errno = _calls.HasIdentity(fd, default, identity, out bool same);
        if (errno != Errno.None || !same)
        {
            fd.Dispose();
            return errno != Errno.None ? errno : Errno.ESTALE;
        }

        return Errno.None;
    }

    // The namespace has no limit of depth. A path that grows between the two looks is found by the next attempt.
    private static ReadOnlySpan<byte> CopyWholePath(FileId inode, IInodeSource inodes, Span<byte> buffer)
    {
        ReadOnlySpan<byte> path = inodes.CopyPath(inode, buffer);
        return path.IsEmpty && inodes.PathLength(inode) is int length and > 0 ? inodes.CopyPath(inode, new byte[length]) : path;
    }

    /// <summary>A descriptor for writing, kept until the end of the batch.</summary>
    private Errno Writer(FileId inode, IInodeSource inodes, out SafeFd writer)
    {
        if (_writers.TryGetValue(inode, out SafeFd? open))
        {
            writer = open;
            return Errno.None;
        }

        Errno errno = OpenFile(inode, OpenFlags.ReadWrite, inodes, out writer);
        if (errno == Errno.None)
        {
            KeepWriter(inode, writer);
        }

        return Failed(errno, "open for writing");
    }

    private void KeepWriter(FileId inode, SafeFd writer)
    {
        if (_writers.Count >= MaxWriters)
        {
            CloseWriters();
        }

        _writers[inode] = writer;
    }

    internal void CloseWriters()
    {
        foreach (SafeFd writer in _writers.Values)
        {
            writer.Dispose();
        }

        _writers.Clear();
    }
}
