using System.Globalization;
using System.Text;
using KafkaFs.Journal;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;

namespace KafkaFs.Replica.Tree;

/// <summary>
/// Tries on a data root's own filesystem what a limits profile promises, in `.kafkafs/probe`: a committed record that a tree cannot
/// hold would stop its replica for ever. Some hundred system calls, no sync. For one thread.
/// </summary>
internal sealed partial class LimitsProbe
{
    // With less room than this a refusal says nothing about the filesystem's limits.
    private const ulong NeededBytes = 1 << 20;
    private const ulong NeededFiles = 64;

    private readonly SafeFd _directory;
    private readonly Limits _limits;
    private readonly TreeOwnership _ownership;
    private readonly long? _linkMax;
    private readonly List<string> _shortfalls = [];

    private LimitsProbe(SafeFd directory, in Limits limits, TreeOwnership ownership)
    {
        (_directory, _limits, _ownership) = (directory, limits, ownership);
        DescriptorCalls.StatFileSystem(directory, out FileSystemStatus status);
        _linkMax = KnownFileSystems.LinkMax(status.Type);
    }

    private static ReadOnlySpan<byte> Place => "probe"u8;

    /// <summary>Throws <see cref="DataRootException"/> that names every limit which the data root's filesystem does not hold.</summary>
    public static void Require(DataRoot root, in Limits limits, TreeOwnership ownership)
    {
        IReadOnlyList<string> shortfalls = Probe(root, limits, ownership);
        if (shortfalls.Count > 0)
        {
            throw new DataRootException(
                DataRootProblem.LimitsTooSmall,
                $"data root '{root.Path}' lies on a filesystem that cannot hold what this KafkaFS filesystem allows: {string.Join("; ", shortfalls)}; "
                    + "use a directory on another filesystem (ext4, xfs, btrfs, tmpfs hold the default limits)");
        }
    }

    /// <summary>
    /// What the filesystem does not hold, each by the limit's name with what was asked and what is held; empty if nothing, also where
    /// the disk is too full to tell. Leaves nothing behind, and takes away what a crash has left.
    /// </summary>
    public static IReadOnlyList<string> Probe(DataRoot root, in Limits limits, TreeOwnership ownership)
    {
        Check(FileCalls.Open(root.Fd, ".kafkafs"u8, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, 0, out SafeFd own), root, "open .kafkafs");
        using (own)
        {
            Clear(own, root);
            if (!HasRoom(own))
            {
                return [];
            }

            Check(FileCalls.MakeDirectory(own, Place, 0x1c0), root, "make the probe's directory");
            try
            {
                Check(FileCalls.Open(own, Place, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, 0, out SafeFd directory), root, "open the probe's directory");
                using (directory)
                {
                    return new LimitsProbe(directory, limits, ownership).Run();
                }
            }
            finally
            {
                Clear(own, root);
            }
        }
    }

    private List<string> Run()
    {
        TryNames();
        TryDistinctNames();
        TryKinds();
        TryExchange();
        using SafeFd file = Make("file"u8);
        if (!file.IsInvalid)
        {
            TryLinks(file);
            TryOwnerAndMode(file);
            TryTimes(file);
            TryFileSize(file);
            TryXattrs(file);
        }

        return _shortfalls;
    }

    private static void Clear(SafeFd own, DataRoot root)
    {
        TreeResult result = TreeRemoval.Delete(own, Place);
        Check(result.Errno, root, $"{result.Action} '{result.Path}'");
    }

    // Filesystems without a table of inodes (btrfs) say 0.
    private static bool HasRoom(SafeFd own) =>
        DescriptorCalls.StatFileSystem(own, out FileSystemStatus status) == Errno.None
        && status.BlocksAvailable * (ulong)status.BlockSize >= NeededBytes
        && (status.Files == 0 || status.FilesFree >= NeededFiles);

    private static void Check(Errno errno, DataRoot root, string action)
    {
        if (errno != Errno.None)
        {
            throw new DataRootException(DataRootProblem.Unusable, $"data root '{root.Path}' cannot be used: {action}: {errno}", errno);
        }
    }

    /// <summary>A new file, open for writing; invalid, and a shortfall, if there can be none.</summary>
    private SafeFd Make(ReadOnlySpan<byte> name)
    {
        Errno errno = Create(name, out SafeFd file);
        if (errno != Errno.None)
        {
            Lacks($"regular files ({errno})");
        }

        return file;
    }

    private Errno Create(ReadOnlySpan<byte> name, out SafeFd file) =>
        FileCalls.Open(_directory, name, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, 0x180, out file);

    private Errno Touch(ReadOnlySpan<byte> name)
    {
        Errno errno = Create(name, out SafeFd file);
        file.Dispose();
        return errno;
    }

    private void Lacks(string shortfall) => _shortfalls.Add(shortfall);

    private void Lacks<T>(string limit, T asked, T held, string unit)
        where T : IFormattable =>
        Lacks(string.Create(CultureInfo.InvariantCulture, $"{limit} of {asked} {unit} (it holds {held})"));

    // The full length first, and then every byte that a name may have, in names of at most that length.
    private void TryNames()
    {
        byte[] longest = new byte[_limits.NameMax];
        longest.AsSpan().Fill((byte)'n');
        if (Touch(longest) != Errno.None)
        {
            DescriptorCalls.StatFileSystem(_directory, out FileSystemStatus status);
            Lacks("names", _limits.NameMax, (uint)Math.Min(status.NameLength, _limits.NameMax - 1), "bytes");
            return;
        }

        byte[] every = [.. Enumerable.Range(1, 255).Where(value => value != '/').Select(value => (byte)value).Reverse()];
        foreach (byte[] name in every.Chunk(longest.Length).Where(name => !name.SequenceEqual("."u8.ToArray())))
        {
            Errno errno = Touch(name);
            if (errno is not (Errno.None or Errno.EEXIST) || !IsListed(name))
            {
                Lacks($"names of any bytes, also such as are no UTF-8 ({Describe(errno)})");
                return;
            }
        }
    }

    private void TryDistinctNames()
    {
        if (!AreDistinct("case"u8, "CASE"u8))
        {
            Lacks("names told apart by case (it holds one of 'case' and 'CASE')");
        }

        if (!AreDistinct("\u00e9"u8, "e\u0301"u8))
        {
            Lacks("names told apart by their bytes (it holds one of the composed and the decomposed form of a letter, or changes it)");
        }
    }

    private bool AreDistinct(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other) =>
        Math.Max(one.Length, other.Length) > _limits.NameMax
        || (Touch(one) == Errno.None && Touch(other) == Errno.None && IsListed(one) && IsListed(other));

    private bool IsListed(ReadOnlySpan<byte> name)
    {
        DescriptorCalls.Seek(_directory, 0, whence: 0, out _);
        DirectoryReader reader = new(_directory);
        while (reader.TryRead(out _))
        {
            if (reader.Name.SequenceEqual(name))
            {
                return true;
            }
        }

        return false;
    }

    // Targets of any length need no more: a dangling link stands for one that is too long.
    private void TryKinds()
    {
        const uint fifo = 0x1180, socket = 0xc180, character = 0x2180, nullDevice = 0x103;
        Expect(FileCalls.MakeSymlink("target"u8, _directory, "symlink"u8), "symbolic links");
        Expect(FileCalls.MakeNode(_directory, "fifo"u8, fifo, 0), "fifos");
        Expect(FileCalls.MakeNode(_directory, "socket"u8, socket, 0), "sockets");
        if (_ownership == TreeOwnership.Full)
        {
            Expect(FileCalls.MakeNode(_directory, "device"u8, character, nullDevice), "device nodes");
        }
    }

    private void TryExchange()
    {
        const uint exchange = 2;
        Touch("one"u8);
        Errno errno = FileCalls.MakeDirectory(_directory, "other"u8, 0x1c0);
        errno = errno != Errno.None ? errno : FileCalls.Rename(_directory, "one"u8, _directory, "other"u8, exchange);
        Expect(errno, "two names that change places (RENAME_EXCHANGE)");
    }

    private void TryOwnerAndMode(SafeFd file)
    {
        const uint owner = 0xfffffffe, wide = 0xfff, own = 0x1ff;
        bool isFull = _ownership == TreeOwnership.Full;
        Errno errno = isFull ? DescriptorCalls.ChangeOwner(file, owner, owner - 1) : Errno.None;
        if (errno != Errno.None || (isFull && !(Stat(file) is { Uid: owner, Gid: owner - 1 })))
        {
            Lacks($"owners and groups of 32 bits ({Describe(errno)})");
        }

        uint mode = isFull ? wide : own;
        errno = DescriptorCalls.ChangeMode(file, mode);
        if (errno != Errno.None || Stat(file).Permissions != mode)
        {
            Lacks($"all permission bits, {Convert.ToString(mode, 8)} ({Describe(errno)})");
        }
    }

    private static StatxResult Stat(SafeFd file)
    {
        FileCalls.Stat(file, default, out StatxResult stat);
        return stat;
    }

    private void Expect(Errno errno, string what)
    {
        if (errno != Errno.None)
        {
            Lacks($"{what} ({errno})");
        }
    }

    private static string Describe(Errno errno) => errno == Errno.None ? "it changes them" : errno.ToString();

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
