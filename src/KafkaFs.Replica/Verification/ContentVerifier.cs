using KafkaFs.Journal;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.Replica.Verification;

/// <summary>
/// Compares the contents of the regular files of two replicas at one position, by FileIds. All bytes are read, and compared with
/// each other: a hash of them would say less. For one thread.
/// </summary>
public sealed class ContentVerifier(StoppedReplica one, StoppedReplica other)
{
    private const int BlockBytes = 4 * 1024 * 1024;

    private readonly byte[] _one = new byte[BlockBytes];
    private readonly byte[] _other = new byte[BlockBytes];

    /// <inheritdoc cref="TreeVerifier.Progress"/>
    public WorkProgress? Progress { get; init; }

    /// <summary>Files that were compared.</summary>
    public long Files { get; private set; }

    /// <summary>Bytes of them.</summary>
    public long Bytes { get; private set; }

    public long Differences { get; private set; }

    /// <summary>
    /// Compares all of them, each once, and reports those that differ. A file that is not to be found in the first tree is passed: the
    /// verifier of names says so. Throws IOException for what cannot be read.
    /// </summary>
    public void Run(Action<TreeDifference> report, CancellationToken stop) =>
        Run(_ => true, (inode, difference) => report(new TreeDifference(one.PathOf(inode), difference)), stop);

    internal void Run(Predicate<FileId> isWanted, Action<FileId, string> differ, CancellationToken stop)
    {
        Progress?.Begin("comparing contents", "bytes", one.Namespace.ContentBytes);
        foreach (FileId inode in RegularFiles(one.Namespace))
        {
            stop.ThrowIfCancellationRequested();
            if (isWanted(inode) && FindDifference(inode) is string difference)
            {
                Differences++;
                differ(inode, difference);
            }
        }
    }

    // What differs, for a person; null if nothing does, or if the first tree does not have the file.
    private string? FindDifference(FileId inode)
    {
        Errno errno = one.Tree.OpenFile(inode, OpenFlags.ReadOnly, one.Namespace, out SafeFd first);
        using (first)
        {
            if (errno is Errno.ENOENT or Errno.ESTALE or Errno.ENOTDIR)
            {
                return null;
            }

            Require(errno, one, inode);
            errno = other.Tree.OpenFile(inode, OpenFlags.ReadOnly, other.Namespace, out SafeFd second);
            using (second)
            {
                Require(errno, other, inode);
                Files++;
                return Compare(first, second, inode);
            }
        }
    }

    private string? Compare(SafeFd first, SafeFd second, FileId inode)
    {
        for (ulong offset = 0; ; offset += BlockBytes)
        {
            Require(DescriptorCalls.ReadAll(first, _one, offset, out int read), one, inode);
            Require(DescriptorCalls.ReadAll(second, _other, offset, out int readOther), other, inode);
            Bytes += read;
            Progress?.Advance(read);
            int same = _one.AsSpan(0, read).CommonPrefixLength(_other.AsSpan(0, readOther));
            if (same < Math.Max(read, readOther))
            {
                return $"content differs from byte {offset + (ulong)same} on";
            }

            if (read < BlockBytes)
            {
                return null;
            }
        }
    }

    private static void Require(Errno errno, StoppedReplica replica, FileId inode)
    {
        if (errno != Errno.None)
        {
            throw new IOException($"'{System.Text.Encoding.UTF8.GetString(replica.PathOf(inode))}' in '{replica.Root.Path}' cannot be read: {errno}");
        }
    }

    // Each at the first of its names that the walk meets.
    private static IEnumerable<FileId> RegularFiles(NamespaceState state)
    {
        HashSet<FileId> linked = [];
        Stack<FileId> waiting = new([FileId.Root]);
        while (waiting.TryPop(out FileId directory))
        {
            DirectoryCursor cursor = new(directory, 0);
            while (Next(state, ref cursor, out FileId inode, out InodeType type))
            {
                if (type == InodeType.Directory)
                {
                    waiting.Push(inode);
                }
                else if (type == InodeType.RegularFile && (!IsLinked(state, inode) || linked.Add(inode)))
                {
                    yield return inode;
                }
            }
        }
    }

    private static bool Next(NamespaceState state, ref DirectoryCursor cursor, out FileId inode, out InodeType type)
    {
        bool found = state.TryReadEntry(ref cursor, out DirectoryEntry entry);
        (inode, type) = (entry.Inode, entry.Type);
        return found;
    }

    private static bool IsLinked(NamespaceState state, FileId inode) => state.TryGetAttributes(inode, out InodeAttributes attributes) && attributes.Links > 1;
}
