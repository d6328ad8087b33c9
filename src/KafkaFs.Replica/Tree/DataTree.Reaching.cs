using KafkaFs.Journal;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.Replica.Tree;

/// <summary>From a FileId to its object: cache, then file handle, then path; a mismatch is never served.</summary>
public sealed partial class DataTree
{
    private const int ReachAttempts = 8;

    /// <summary>A lease on an O_PATH descriptor of the object; ESTALE if what is found is another one, again and again.</summary>
    private Errno Reach(FileId inode, IInodeSource inodes, out DescriptorLease lease)
    {
        if (inode == FileId.Root)
        {
            lease = new DescriptorLease(_root.Fd);
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
            if (errno == Errno.None)
            {
                lease = _cache.Add(inode, fd);
                return Errno.None;
            }
        }

        return errno;
    }

    private Errno Find(FileId inode, IInodeSource inodes, out SafeFd fd)
    {
        Span<byte> identity = stackalloc byte[Effects.MaxIdentityBytes];
        identity = identity[..inodes.CopyIdentity(inode, identity)];
        if (ObjectIdentity.IsHandle(identity))
        {
            Errno errno = FileHandles.Open(_root.Fd, identity, OpenFlags.PathOnly | OpenFlags.NoFollow, out fd);
            if (errno is not (Errno.EPERM or Errno.EACCES))
            {
                return errno;
            }
        }

        return FindByPath(inode, identity, inodes, out fd);
    }

    private Errno FindByPath(FileId inode, ReadOnlySpan<byte> identity, IInodeSource inodes, out SafeFd fd)
    {
        Span<byte> buffer = stackalloc byte[NativeLimits.PathBytes];
        ReadOnlySpan<byte> path = inodes.CopyPath(inode, buffer);
        if (path.IsEmpty)
        {
            fd = new SafeFd();
            return Errno.ENOENT;
        }

        Errno errno = FileCalls.OpenBeneath(_root.Fd, path, OpenFlags.PathOnly | OpenFlags.NoFollow, 0, out fd);
        if (errno != Errno.None)
        {
            return errno;
        }

        if (!ObjectIdentity.Matches(fd, identity))
        {
            fd.Dispose();
            return Errno.ESTALE;
        }

        return Errno.None;
    }

    /// <summary>The object at a name is the one of <paramref name="inode"/>.</summary>
    private static bool IsAt(SafeFd directory, ReadOnlySpan<byte> name, FileId inode, IInodeSource inodes)
    {
        if (FileCalls.Open(directory, name, OpenFlags.PathOnly | OpenFlags.NoFollow, 0, out SafeFd found) != Errno.None)
        {
            return false;
        }

        using (found)
        {
            Span<byte> identity = stackalloc byte[Effects.MaxIdentityBytes];
            return ObjectIdentity.Matches(found, identity[..inodes.CopyIdentity(inode, identity)]);
        }
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
            foreach (SafeFd other in _writers.Values)
            {
                other.Dispose();
            }

            _writers.Clear();
        }

        _writers[inode] = writer;
    }
}
