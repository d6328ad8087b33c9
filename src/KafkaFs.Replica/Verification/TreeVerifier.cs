using KafkaFs.Journal;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Tree;

namespace KafkaFs.Replica.Verification;

/// <summary>
/// Compares a tree with its namespace, name by name: identities, types, attributes, targets, xattrs, sizes. Not contents, which the
/// namespace does not hold. Nothing may be applied meanwhile. For one thread.
/// </summary>
public sealed class TreeVerifier
{
    private readonly DataRoot _root;
    private readonly NamespaceState _state;
    private readonly Action<TreeDifference> _report;
    private readonly ObjectVerifier _objects;

    public TreeVerifier(DataRoot root, NamespaceState state, TreeOwnership ownership, Action<TreeDifference> report) =>
        (_root, _state, _report, _objects) = (root, state, report, new ObjectVerifier(state, ownership, Differ));

    /// <summary>Told how far it is, if somebody wants to know.</summary>
    public WorkProgress? Progress { get; init; }

    /// <summary>Names that were compared.</summary>
    public long Names { get; private set; }

    public long Differences { get; private set; }

    /// <summary>Links that stand for a target which this filesystem cannot hold; that target was not compared.</summary>
    public long LongTargets => _objects.LongTargets;

    /// <summary>Reports each difference once. Throws IOException for a directory that cannot be read.</summary>
    public void Run()
    {
        Progress?.Begin("comparing names", "names", _state.EntryCount);
        Stack<(FileId Directory, byte[] Path)> waiting = new([(FileId.Root, [])]);
        while (waiting.TryPop(out (FileId Directory, byte[] Path) next))
        {
            VerifyDirectory(next.Directory, next.Path, waiting);
        }
    }

    private void VerifyDirectory(FileId directory, byte[] path, Stack<(FileId, byte[])> waiting)
    {
        Errno errno = FileCalls.OpenBeneath(
            _root.Fd, path.Length == 0 ? "."u8 : path, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, 0, out SafeFd fd);
        if (errno != Errno.None)
        {
            throw new IOException($"'{System.Text.Encoding.UTF8.GetString(path)}' cannot be read: {errno}");
        }

        using (fd)
        {
            HashSet<byte[]> strangers = NamesIn(fd, directory);
            DirectoryCursor cursor = new(directory, 0);
            while (_state.TryReadEntry(ref cursor, out DirectoryEntry entry))
            {
                byte[] name = entry.Name.ToArray();
                byte[] below = path.Length == 0 ? name : [.. path, (byte)'/', .. name];
                Names++;
                Progress?.Advance();
                if (!strangers.Remove(name))
                {
                    Differ(below, "is missing in the tree");
                }
                else if (VerifyEntry(fd, name, entry.Inode, below) && entry.Type == InodeType.Directory)
                {
                    waiting.Push((entry.Inode, below));
                }
            }

            foreach (byte[] stranger in strangers)
            {
                Differ(path.Length == 0 ? stranger : [.. path, (byte)'/', .. stranger], "is in the tree, not in the namespace");
            }
        }
    }

    // False if it is another object, which is not looked into.
    private bool VerifyEntry(SafeFd directory, byte[] name, FileId inode, byte[] path)
    {
        if (FileCalls.Open(directory, name, OpenFlags.PathOnly | OpenFlags.NoFollow, 0, out SafeFd fd) != Errno.None
            || FileCalls.Stat(fd, default, out StatxResult stat) != Errno.None
            || !_state.TryGetAttributes(inode, out InodeAttributes attributes))
        {
            Differ(path, "cannot be looked at");
            return false;
        }

        using (fd)
        {
            Span<byte> identity = stackalloc byte[Effects.MaxIdentityBytes];
            Errno errno = ObjectIdentity.Compare(fd, default, identity[.._state.CopyIdentity(inode, identity)], out bool same);
            if (errno != Errno.None || !same)
            {
                Differ(path, errno == Errno.None ? $"is another object than inode {inode}" : $"cannot be identified: {errno}");
                return false;
            }

            _objects.Verify(path, fd, inode, attributes, stat);
            return true;
        }
    }

    private HashSet<byte[]> NamesIn(SafeFd fd, FileId directory)
    {
        HashSet<byte[]> names = new(NameBytes.Comparer);
        DirectoryReader reader = new(fd);
        Errno errno;
        while (reader.TryRead(out errno))
        {
            bool own = directory == FileId.Root
                && (reader.Name.SequenceEqual(".kafkafs"u8) || (reader.Name.SequenceEqual("lost+found"u8) && _state.Lookup(directory, reader.Name).IsNone));
            if (!own)
            {
                names.Add(reader.Name.ToArray());
            }
        }

        return errno == Errno.None ? names : throw new IOException($"a directory cannot be read: {errno}");
    }

    private void Differ(byte[] path, string what)
    {
        Differences++;
        _report(new TreeDifference(path, what));
    }
}
