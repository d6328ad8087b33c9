using System.Text;
using KafkaFs.Fuse.Mount;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Tree;

namespace KafkaFs.Cli.Compare;

/// <summary>
/// One of the two trees: opened once, read by *at calls that follow no symlink. What cannot be read is an <see cref="UnreadableException"/>.
/// </summary>
internal sealed class ComparedTree : IDisposable
{
    private const int MaxXattrBytes = 65_536;

    private ComparedTree(string path, SafeFd root, StatxResult attributes, bool isMount, bool keepsOwners) =>
        (Path, Root, Attributes, IsMount, KeepsOwners) = (path, root, attributes, isMount, keepsOwners);

    /// <summary>As given.</summary>
    public string Path { get; }

    public SafeFd Root { get; }

    /// <summary>Of the root.</summary>
    public StatxResult Attributes { get; }

    /// <summary>It is, or lies in, a mount of KafkaFS.</summary>
    public bool IsMount { get; }

    /// <summary>False in a data root of Ownership=namespace: the tree has what its user may have, the rest is in the namespace.</summary>
    public bool KeepsOwners { get; }

    /// <summary>Opens the tree at <paramref name="path"/>.</summary>
    public static ComparedTree Open(string path)
    {
        byte[] full = Encoding.UTF8.GetBytes(System.IO.Path.GetFullPath(path));
        Require(FileCalls.Open(null, full, OpenFlags.ReadOnly | OpenFlags.Directory, 0, out SafeFd root), path);
        Require(FileCalls.Stat(root, default, out StatxResult attributes), path);
        return new ComparedTree(path, root, attributes, IsOurMount(attributes), !IsOwnedByNamespace(System.IO.Path.GetFullPath(path)));
    }

    /// <summary>Names in an open directory; KafkaFS's own is none of the tree's.</summary>
    public SortedSet<byte[]> Names(SafeFd directory, bool isRoot)
    {
        SortedSet<byte[]> names = new(ByteOrder.Instance);
        DirectoryReader reader = new(directory);
        Errno errno;
        while (reader.TryRead(out errno))
        {
            if (!isRoot || !reader.Name.SequenceEqual(".kafkafs"u8))
            {
                names.Add(reader.Name.ToArray());
            }
        }

        Require(errno, Path);
        return names;
    }

    public SafeFd OpenPath(SafeFd parent, byte[] name)
    {
        Require(FileCalls.Open(parent, name, OpenFlags.PathOnly | OpenFlags.NoFollow, 0, out SafeFd fd), Path);
        return fd;
    }

    public SafeFd OpenDirectory(SafeFd parent, byte[] name)
    {
        Require(FileCalls.Open(parent, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, 0, out SafeFd fd), Path);
        return fd;
    }

    public SafeFd OpenContent(SafeFd fd)
    {
        Require(DescriptorCalls.Reopen(fd, OpenFlags.ReadOnly, out SafeFd opened), Path);
        return opened;
    }

    public StatxResult Stat(SafeFd fd)
    {
        Require(FileCalls.Stat(fd, default, out StatxResult result), Path);
        return result;
    }

    public int Read(SafeFd fd, Span<byte> buffer, ulong offset)
    {
        Require(DescriptorCalls.ReadAll(fd, buffer, offset, out int length), Path);
        return length;
    }

    public byte[] Target(SafeFd fd)
    {
        byte[] buffer = new byte[4_096];
        Require(FileCalls.ReadLink(fd, default, buffer, out int length), Path);
        return buffer[..length];
    }

    /// <summary>Names of the xattrs that records can carry; others (security.selinux, system.posix_acl_access) are the machine's.</summary>
    public SortedSet<byte[]> XattrNames(SafeFd fd)
    {
        byte[] buffer = new byte[MaxXattrBytes];
        SortedSet<byte[]> names = new(ByteOrder.Instance);
        Errno errno = XattrCalls.List(fd, buffer, out int length);
        Require(errno == Errno.EOPNOTSUPP ? Errno.None : errno, Path);
        for (ReadOnlySpan<byte> rest = buffer.AsSpan(0, length); !rest.IsEmpty;)
        {
            ReadOnlySpan<byte> name = rest[..rest.IndexOf((byte)0)];
            rest = rest[(name.Length + 1)..];
            if (name.StartsWith("user."u8) || name.StartsWith("trusted."u8) || name.SequenceEqual("security.capability"u8))
            {
                names.Add(name.ToArray());
            }
        }

        return names;
    }

    public byte[] Xattr(SafeFd fd, byte[] name)
    {
        byte[] buffer = new byte[MaxXattrBytes];
        Require(XattrCalls.Get(fd, name, buffer, out int length), Path);
        return buffer[..length];
    }

    public void Dispose() => Root.Dispose();

    // The number of a FUSE mount's device is that of its connection.
    private static bool IsOurMount(in StatxResult root)
    {
        (uint major, uint minor) = (root.DevMajor, root.DevMinor);
        return major == 0 && MountTable.Read().Any(entry => entry.DeviceMinor == minor && entry.Type == MountTable.OwnType);
    }

    // A folder within a data root counts too.
    private static bool IsOwnedByNamespace(string path)
    {
        for (DirectoryInfo? folder = new(path); folder is not null; folder = folder.Parent)
        {
            string own = System.IO.Path.Combine(folder.FullName, DataRoot.OwnName);
            if (Directory.Exists(own))
            {
                string ownership = System.IO.Path.Combine(own, RecordedOwnership.FileName);
                return File.Exists(ownership) && File.ReadAllText(ownership).Trim() == "namespace";
            }
        }

        return false;
    }

    private static void Require(Errno errno, string tree)
    {
        if (errno != Errno.None)
        {
            throw new UnreadableException(tree, errno);
        }
    }
}

/// <summary>Something in a tree cannot be read.</summary>
internal sealed class UnreadableException(string tree, Errno errno) : IOException($"cannot be read in '{tree}': {errno}");
