using KafkaFs.Journal;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Tree;

namespace KafkaFs.Replica.Verification;

/// <summary>Compares one object of a tree with what the namespace says of its inode: all but its names and its content. For one thread.</summary>
/// <param name="differ">Hears a path, as it was given, and what differs there.</param>
internal sealed class ObjectVerifier(NamespaceState state, TreeOwnership ownership, Action<byte[], string> differ)
{
    private const int XattrListBytes = 65_536;

    private readonly byte[] _names = new byte[XattrListBytes];
    private readonly byte[] _value = new byte[XattrListBytes];
    private readonly byte[] _target = new byte[NativeLimits.PathBytes];

    /// <summary>Links met that stand for a target which the filesystem cannot hold.</summary>
    public long LongTargets { get; private set; }

    /// <summary>Compares the object behind an O_PATH descriptor, which has the identity of the inode.</summary>
    public void Verify(byte[] path, SafeFd fd, FileId inode, in InodeAttributes expected, in StatxResult found)
    {
        VerifyAttributes(path, expected, found);
        if (expected.Type == InodeType.Symlink)
        {
            VerifyTarget(path, fd, inode);
        }
        else
        {
            VerifyXattrs(path, fd, inode);
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
        if (errno == Errno.None && ProjectedAttributes.IsLongTarget(found))
        {
            LongTargets++;
        }
        else if (errno != Errno.None || !found.SequenceEqual(state.GetTarget(inode)))
        {
            differ(path, "has another target");
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
                    differ(path, $"xattr {System.Text.Encoding.UTF8.GetString(name)} is missing or another");
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

    private void Expect<T>(byte[] path, string what, T expected, T found)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, found))
        {
            differ(path, $"{what}: the namespace has {expected}, the tree {found}");
        }
    }
}
