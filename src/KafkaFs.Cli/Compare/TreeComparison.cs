using System.Text;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;

namespace KafkaFs.Cli.Compare;

/// <summary>
/// Compares two trees by everything that two replicas at one position have the same: names, types, contents, sizes, modes,
/// owners, mtimes, which names are one file, targets, device numbers, xattrs. Not `.kafkafs` and `lost+found` of the roots, nor
/// the roots' own attributes, which are not projected.
/// </summary>
internal sealed class TreeComparison(Action<string> report)
{
    private const int BlockBytes = 256 * 1024;

    private readonly byte[] _first = new byte[BlockBytes];
    private readonly byte[] _second = new byte[BlockBytes];
    private readonly Dictionary<(uint, uint, ulong), (uint, uint, ulong)> _links = [];

    public long Entries { get; private set; }

    public long Files { get; private set; }

    public long Bytes { get; private set; }

    public long Differences { get; private set; }

    /// <summary>Reports a line for each difference, in the order of paths. Throws IOException if a tree cannot be read.</summary>
    public void Run(string first, string second)
    {
        using SafeFd one = OpenRoot(first);
        using SafeFd other = OpenRoot(second);
        Compare(one, other, [], isRoot: true);
    }

    private void Compare(SafeFd first, SafeFd second, byte[] path, bool isRoot)
    {
        SortedDictionary<byte[], ulong> one = Names(first, isRoot), other = Names(second, isRoot);
        foreach (byte[] name in one.Keys.Union(other.Keys, ByteOrder.Instance).Order(ByteOrder.Instance))
        {
            byte[] below = path.Length == 0 ? name : [.. path, (byte)'/', .. name];
            if (!one.ContainsKey(name) || !other.ContainsKey(name))
            {
                Differ(below, one.ContainsKey(name) ? "only in the first" : "only in the second");
                continue;
            }

            CompareEntry(first, second, name, below);
        }
    }

    private void CompareEntry(SafeFd first, SafeFd second, byte[] name, byte[] path)
    {
        Entries++;
        using SafeFd one = OpenPath(first, name, path);
        using SafeFd other = OpenPath(second, name, path);
        FileCalls.Stat(one, default, out StatxResult a);
        FileCalls.Stat(other, default, out StatxResult b);
        if (a.Type != b.Type)
        {
            Differ(path, $"type {a.Type:x} and {b.Type:x}");
            return;
        }

        CompareAttributes(path, a, b);
        const int directory = 4, regular = 8, symlink = 10;
        switch (a.Type)
        {
            case directory:
                CompareXattrs(path, one, other);
                using (SafeFd below = OpenDirectory(first, name, path), belowOther = OpenDirectory(second, name, path))
                {
                    Compare(below, belowOther, path, isRoot: false);
                }

                break;
            case regular:
                CompareXattrs(path, one, other);
                CompareFile(path, one, other, a, b);
                break;
            case symlink:
                CompareTargets(path, one, other);
                break;
        }
    }

    private void CompareAttributes(byte[] path, in StatxResult a, in StatxResult b)
    {
        const int symlink = 10, directory = 4;
        if (a.Permissions != b.Permissions && a.Type != symlink)
        {
            Differ(path, $"mode {Convert.ToString(a.Permissions, 8)} and {Convert.ToString(b.Permissions, 8)}");
        }

        if (a.Uid != b.Uid || a.Gid != b.Gid)
        {
            Differ(path, $"owner {a.Uid}:{a.Gid} and {b.Uid}:{b.Gid}");
        }

        if (a.Mtime.TotalNs != b.Mtime.TotalNs)
        {
            Differ(path, $"mtime {a.Mtime.Seconds}.{a.Mtime.Nanoseconds:d9} and {b.Mtime.Seconds}.{b.Mtime.Nanoseconds:d9}");
        }

        if (a.Rdev != b.Rdev)
        {
            Differ(path, $"device {a.Rdev:x} and {b.Rdev:x}");
        }

        if (a.Type != directory)
        {
            CompareLinks(path, a, b);
        }
    }

    // Names of one file here must be names of one file there.
    private void CompareLinks(byte[] path, in StatxResult a, in StatxResult b)
    {
        if (a.Links != b.Links)
        {
            Differ(path, $"{a.Links} and {b.Links} links");
        }

        (uint, uint, ulong) here = (a.DevMajor, a.DevMinor, a.Inode), there = (b.DevMajor, b.DevMinor, b.Inode);
        if (a.Links > 1 && !_links.TryAdd(here, there) && _links[here] != there)
        {
            Differ(path, "a link to another file than in the other tree");
        }
    }

    private void CompareFile(byte[] path, SafeFd one, SafeFd other, in StatxResult a, in StatxResult b)
    {
        Files++;
        Bytes += (long)a.Size;
        if (a.Size != b.Size)
        {
            Differ(path, $"{a.Size} and {b.Size} bytes");
            return;
        }

        using SafeFd first = Reopen(one, path);
        using SafeFd second = Reopen(other, path);
        for (ulong offset = 0; offset < a.Size; offset += BlockBytes)
        {
            Check(DescriptorCalls.ReadAll(first, _first, offset, out int length), path);
            Check(DescriptorCalls.ReadAll(second, _second, offset, out int lengthOther), path);
            int same = _first.AsSpan(0, length).CommonPrefixLength(_second.AsSpan(0, lengthOther));
            if (same < length || length != lengthOther)
            {
                Differ(path, $"content differs from byte {offset + (ulong)same}");
                return;
            }
        }
    }

    private void CompareTargets(byte[] path, SafeFd one, SafeFd other)
    {
        byte[] a = Target(one, path), b = Target(other, path);
        if (!a.AsSpan().SequenceEqual(b))
        {
            Differ(path, $"target '{EscapedName.Of(a)}' and '{EscapedName.Of(b)}'");
        }
    }

    private void CompareXattrs(byte[] path, SafeFd one, SafeFd other)
    {
        SortedDictionary<byte[], ulong> a = XattrNames(one, path), b = XattrNames(other, path);
        foreach (byte[] name in a.Keys.Union(b.Keys, ByteOrder.Instance).Order(ByteOrder.Instance))
        {
            if (!a.ContainsKey(name) || !b.ContainsKey(name))
            {
                Differ(path, $"xattr {EscapedName.Of(name)} only in the {(a.ContainsKey(name) ? "first" : "second")}");
            }
            else if (!Xattr(one, name, path).AsSpan().SequenceEqual(Xattr(other, name, path)))
            {
                Differ(path, $"xattr {EscapedName.Of(name)} differs");
            }
        }
    }

    private void Differ(byte[] path, string what)
    {
        Differences++;
        report($"{EscapedName.Of(path)}: {what}");
    }

    private static SortedDictionary<byte[], ulong> Names(SafeFd directory, bool isRoot)
    {
        SortedDictionary<byte[], ulong> names = new(ByteOrder.Instance);
        DirectoryReader reader = new(directory);
        Errno errno;
        while (reader.TryRead(out errno))
        {
            if (!isRoot || !(reader.Name.SequenceEqual(".kafkafs"u8) || reader.Name.SequenceEqual("lost+found"u8)))
            {
                names[reader.Name.ToArray()] = reader.Inode;
            }
        }

        Check(errno, default);
        return names;
    }

    private static SortedDictionary<byte[], ulong> XattrNames(SafeFd fd, byte[] path)
    {
        byte[] buffer = new byte[65_536];
        SortedDictionary<byte[], ulong> names = new(ByteOrder.Instance);
        Errno errno = XattrCalls.List(fd, buffer, out int length);
        if (errno == Errno.EOPNOTSUPP)
        {
            return names;
        }

        Check(errno, path);
        ReadOnlySpan<byte> rest = buffer.AsSpan(0, length);
        while (!rest.IsEmpty)
        {
            int end = rest.IndexOf((byte)0);
            ReadOnlySpan<byte> name = rest[..end];
            if (name.StartsWith("user."u8) || name.StartsWith("trusted."u8) || name.SequenceEqual("security.capability"u8))
            {
                names[name.ToArray()] = 0;
            }

            rest = rest[(end + 1)..];
        }

        return names;
    }

    private static byte[] Xattr(SafeFd fd, byte[] name, byte[] path)
    {
        byte[] buffer = new byte[65_536];
        Check(XattrCalls.Get(fd, name, buffer, out int length), path);
        return buffer[..length];
    }

    private static byte[] Target(SafeFd fd, byte[] path)
    {
        byte[] buffer = new byte[4_096];
        Check(FileCalls.ReadLink(fd, default, buffer, out int length), path);
        return buffer[..length];
    }

    private static SafeFd OpenRoot(string path)
    {
        Check(FileCalls.Open(null, Encoding.UTF8.GetBytes(Path.GetFullPath(path)), OpenFlags.ReadOnly | OpenFlags.Directory, 0, out SafeFd fd), Encoding.UTF8.GetBytes(path));
        return fd;
    }

    private static SafeFd OpenDirectory(SafeFd parent, byte[] name, byte[] path)
    {
        Check(FileCalls.Open(parent, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, 0, out SafeFd fd), path);
        return fd;
    }

    private static SafeFd OpenPath(SafeFd parent, byte[] name, byte[] path)
    {
        Check(FileCalls.Open(parent, name, OpenFlags.PathOnly | OpenFlags.NoFollow, 0, out SafeFd fd), path);
        return fd;
    }

    private static SafeFd Reopen(SafeFd fd, byte[] path)
    {
        Check(DescriptorCalls.Reopen(fd, OpenFlags.ReadOnly, out SafeFd opened), path);
        return opened;
    }

    private static void Check(Errno errno, byte[]? path)
    {
        if (errno != Errno.None)
        {
            throw new IOException($"'{EscapedName.Of(path)}' cannot be read: {errno}");
        }
    }
}
