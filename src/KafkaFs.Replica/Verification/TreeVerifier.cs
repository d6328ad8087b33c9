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
public sealed class TreeVerifier(DataRoot root, NamespaceState state, TreeOwnership ownership, Action<TreeDifference> report)
{
    private const int XattrListBytes = 65_536;

    private readonly byte[] _names = new byte[XattrListBytes];
    private readonly byte[] _value = new byte[XattrListBytes];
    private readonly byte[] _target = new byte[NativeLimits.PathBytes];

    /// <summary>Names that were compared.</summary>
    public long Names { get; private set; }

    public long Differences { get; private set; }

    /// <summary>Reports each difference once. Throws IOException for a directory that cannot be read.</summary>
    public void Run()
    {
        Stack<(FileId Directory, byte[] Path)> waiting = new([(FileId.Root, [])]);
        while (waiting.TryPop(out (FileId Directory, byte[] Path) next))
        {
            VerifyDirectory(next.Directory, next.Path, waiting);
        }
    }

    private void VerifyDirectory(FileId directory, byte[] path, Stack<(FileId, byte[])> waiting)
    {
        Errno errno = FileCalls.OpenBeneath(
            root.Fd, path.Length == 0 ? "."u8 : path, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, 0, out SafeFd fd);
        if (errno != Errno.None)
        {
            throw new IOException($"'{System.Text.Encoding.UTF8.GetString(path)}' cannot be read: {errno}");
        }

        using (fd)
        {
            HashSet<byte[]> strangers = NamesIn(fd, directory);
            DirectoryCursor cursor = new(directory, 0);
            while (state.TryReadEntry(ref cursor, out DirectoryEntry entry))
            {
                byte[] name = entry.Name.ToArray();
                byte[] below = path.Length == 0 ? name : [.. path, (byte)'/', .. name];
                Names++;
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
            || !state.TryGetAttributes(inode, out InodeAttributes attributes))
        {
            Differ(path, "cannot be looked at");
            return false;
        }

        using (fd)
        {
            Span<byte> identity = stackalloc byte[Effects.MaxIdentityBytes];
            Errno errno = ObjectIdentity.Compare(fd, default, identity[..state.CopyIdentity(inode, identity)], out bool same);
            if (errno != Errno.None || !same)
            {
                Differ(path, errno == Errno.None ? $"is another object than inode {inode}" : $"cannot be identified: {errno}");
                return false;
            }

            VerifyAttributes(path, attributes, stat);
            if (attributes.Type == InodeType.Symlink)
            {
                VerifyTarget(path, fd, inode);
            }
            else
            {
                VerifyXattrs(path, fd, inode);
            }

            return true;
        }
    }

    private void VerifyAttributes(byte[] path, in InodeAttributes expected, in StatxResult found)
    {
        Expect(path, "type", (int)ProjectedAttributes.Type(ownership, expected), found.Type);
        if (expected.Type != InodeType.Symlink)
        {
            Expect(path, "mode", Convert.ToString(ProjectedAttributes.Mode(ownership, expected), 8), Convert.ToString(found.Permissions, 8));
        }

        Expect(path, "mtime", expected.MtimeNs, found.Mtime.TotalNs);
        if (expected.Type == InodeType.RegularFile)
        {
            Expect(path, "size", expected.Size, found.Size);
        }

        if (!expected.IsDirectory)
        {
            Expect(path, "link count", expected.Links, found.Links);
        }

        if (ownership == TreeOwnership.Full)
        {
            Expect(path, "owner", (expected.Uid, expected.Gid), (found.Uid, found.Gid));
            Expect(path, "device", expected.Rdev, found.Rdev);
        }
    }

    private void VerifyTarget(byte[] path, SafeFd fd, FileId inode)
    {
        Errno errno = FileCalls.ReadLink(fd, default, _target, out int length);
        ReadOnlySpan<byte> found = _target.AsSpan(0, length);
        if (errno != Errno.None || !(found.SequenceEqual(state.GetTarget(inode)) || ProjectedAttributes.IsLongTarget(found)))
        {
            Differ(path, "has another target");
        }
    }

    private void VerifyXattrs(byte[] path, SafeFd fd, FileId inode)
    {
        int expected = 0, length = state.ListXattrs(inode, _names);
        for (ReadOnlySpan<byte> rest = _names.AsSpan(0, length); !rest.IsEmpty;)
        {
            ReadOnlySpan<byte> name = rest[..rest.IndexOf((byte)0)];
            rest = rest[(name.Length + 1)..];
            if (ProjectedAttributes.HasXattr(ownership, name))
            {
                expected++;
                state.TryGetXattr(inode, name, out ReadOnlySpan<byte> value);
                if (XattrCalls.Get(fd, name, _value, out int size) != Errno.None || !value.SequenceEqual(_value.AsSpan(0, size)))
                {
                    Differ(path, $"xattr {System.Text.Encoding.UTF8.GetString(name)} is missing or another");
                }
            }
        }

        if (XattrCalls.List(fd, _names, out length) == Errno.None)
        {
            Expect(path, "number of xattrs", expected, CountOwn(_names.AsSpan(0, length)));
        }
    }

    // Others (security.selinux, system.posix_acl_access) are the machine's.
    private int CountOwn(ReadOnlySpan<byte> names)
    {
        int count = 0;
        while (!names.IsEmpty)
        {
            ReadOnlySpan<byte> name = names[..names.IndexOf((byte)0)];
            names = names[(name.Length + 1)..];
            count += ProjectedAttributes.HasXattr(ownership, name) ? 1 : 0;
        }

        return count;
    }

    private HashSet<byte[]> NamesIn(SafeFd fd, FileId directory)
    {
        HashSet<byte[]> names = new(NameBytes.Comparer);
        DirectoryReader reader = new(fd);
        Errno errno;
        while (reader.TryRead(out errno))
        {
            bool own = directory == FileId.Root
                && (reader.Name.SequenceEqual(".kafkafs"u8) || (reader.Name.SequenceEqual("lost+found"u8) && state.Lookup(directory, reader.Name).IsNone));
            if (!own)
            {
                names.Add(reader.Name.ToArray());
            }
        }

        return errno == Errno.None ? names : throw new IOException($"a directory cannot be read: {errno}");
    }

    private void Expect<T>(byte[] path, string what, T expected, T found)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, found))
        {
            Differ(path, $"{what}: the namespace has {expected}, the tree {found}");
        }
    }

    private void Differ(byte[] path, string what)
    {
        Differences++;
        report(new TreeDifference(path, what));
    }
}
