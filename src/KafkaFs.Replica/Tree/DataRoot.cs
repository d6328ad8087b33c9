using System.Text;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;

namespace KafkaFs.Replica.Tree;

/// <summary>
/// A data root: opened once and held, locked against other processes, with KafkaFS's own directory `.kafkafs` in it. Everything
/// else below it is the tree. For one thread, except <see cref="Fd"/>.
/// </summary>
public sealed class DataRoot : IDisposable
{
    /// <summary>KafkaFS's own directory; the name is reserved in the root of the mount.</summary>
    public const string OwnName = ".kafkafs";

    private const string CleanMark = "clean";
    private const string BindingFile = "journal.json";

    private readonly SafeFd _own;
    private readonly SafeFd _lock;

    private DataRoot(string path, SafeFd fd, SafeFd own, SafeFd lockFile, ulong inode, IReadOnlyList<string> warnings) =>
        (Path, Fd, _own, _lock, InodeNumber, Warnings) = (path, fd, own, lockFile, inode, warnings);

    /// <summary>Absolute path, as given.</summary>
    public string Path { get; }

    /// <summary>The root itself, open for reading; held for life (syncfs, *at calls).</summary>
    public SafeFd Fd { get; }

    public ulong InodeNumber { get; }

    /// <summary>What an operator should know, in words.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>Path of the index file.</summary>
    public string IndexPath => System.IO.Path.Combine(Path, OwnName, "index.db");

    /// <summary>The root has been bound to a journal.</summary>
    public bool IsReplica => FileCalls.Stat(_own, Utf8(BindingFile), out _) == Errno.None;

    /// <summary>There is nothing but KafkaFS's own directory (and `lost+found`).</summary>
    public bool IsEmpty => TreeNames().Count == 0;

    /// <summary>The last run ended with a complete checkpoint.</summary>
    public bool HasCleanMark => FileCalls.Stat(_own, Utf8(CleanMark), out _) == Errno.None;

    /// <summary>
    /// Opens and locks a data root; a missing one is created with mode 0700 in a parent that exists. Throws
    /// <see cref="DataRootException"/>, and has then changed nothing but, at most, made the empty directory.
    /// </summary>
    public static DataRoot Open(string path)
    {
        string full = System.IO.Path.GetFullPath(path);
        bool created = FileCalls.MakeDirectory(null, Utf8(full), 0x1c0) == Errno.None;
        Errno errno = FileCalls.Open(null, Utf8(full), OpenFlags.ReadOnly | OpenFlags.Directory, 0, out SafeFd root);
        if (errno != Errno.None)
        {
            throw Unusable(full, errno == Errno.ENOENT ? "its parent directory does not exist" : Describe(errno));
        }

        try
        {
            List<string> warnings = Inspect(full, root, created);
            SafeFd own = OpenOwn(full, root);
            SafeFd lockFile = Lock(full, own);
            FileCalls.Stat(root, default, out StatxResult stat);
            return new DataRoot(full, root, own, lockFile, stat.Inode, warnings);
        }
        catch (DataRootException)
        {
            root.Dispose();
            throw;
        }
    }

    /// <summary>A small file in `.kafkafs`; null if it is not there.</summary>
    public byte[]? ReadStateFile(string name)
    {
        string path = OwnPath(name);
        return File.Exists(path) ? File.ReadAllBytes(path) : null;
    }

    /// <summary>Replaces a small file in `.kafkafs` as a whole; durable when it returns.</summary>
    public void WriteStateFile(string name, ReadOnlySpan<byte> content)
    {
        string temporary = OwnPath(name + ".new");
        using (FileStream file = new(temporary, FileMode.Create, FileAccess.Write))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, OwnPath(name), overwrite: true);
        SyncOwn();
    }

    /// <summary>The checkpoint is complete; durable when it returns.</summary>
    public void WriteCleanMark() => WriteStateFile(CleanMark, "clean"u8);

    /// <summary>Before the first change of a run; durable when it returns.</summary>
    public void RemoveCleanMark()
    {
        if (FileCalls.Unlink(_own, Utf8(CleanMark)) == Errno.None)
        {
            SyncOwn();
        }
    }

    /// <summary>Moves the whole tree below `.kafkafs/aside-N`. May be repeated after a crash.</summary>
    public void SetAsideTree()
    {
        int number = 1;
        while (FileCalls.MakeDirectory(_own, AsideName(number), 0x1c0) == Errno.EEXIST)
        {
            number++;
        }

        Check(FileCalls.Open(_own, AsideName(number), OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, 0, out SafeFd aside), "open the set-aside directory");
        using (aside)
        {
            foreach (byte[] name in TreeNames())
            {
                Check(FileCalls.Rename(Fd, name, aside, name, 0), $"set aside '{Encoding.UTF8.GetString(name)}'");
            }
        }
    }

    /// <summary>Deletes everything that was set aside. May be repeated after a crash.</summary>
    public void DeleteAside()
    {
        foreach (byte[] name in Names(_own).Where(name => name.AsSpan().StartsWith("aside-"u8)))
        {
            TreeRemoval.Delete(_own, name);
        }
    }

    /// <summary>Opens or makes a directory in `.kafkafs`.</summary>
    internal SafeFd OpenOwnDirectory(ReadOnlySpan<byte> name)
    {
        FileCalls.MakeDirectory(_own, name, 0x1c0);
        Check(FileCalls.Open(_own, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, 0, out SafeFd fd), "open a directory in .kafkafs");
        return fd;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _lock.Dispose();
        _own.Dispose();
        Fd.Dispose();
    }

    private List<byte[]> TreeNames() =>
        [.. Names(Fd).Where(name => !name.AsSpan().SequenceEqual(".kafkafs"u8) && !name.AsSpan().SequenceEqual("lost+found"u8))];

    private List<byte[]> Names(SafeFd directory)
    {
        Check(FileCalls.Open(directory, "."u8, OpenFlags.ReadOnly | OpenFlags.Directory, 0, out SafeFd listing), "list");
        using (listing)
        {
            List<byte[]> names = [];
            DirectoryReader reader = new(listing);
            Errno errno;
            while (reader.TryRead(out errno))
            {
                names.Add(reader.Name.ToArray());
            }

            Check(errno, "list");
            return names;
        }
    }

    private static List<string> Inspect(string path, SafeFd root, bool created)
    {
        List<string> warnings = [];
        if (XattrCalls.Get(root, "system.posix_acl_default"u8, [], out int length) == Errno.None && length > 0)
        {
            throw new DataRootException(
                DataRootProblem.DefaultAcl, $"data root '{path}' has a default ACL, which would change every mode: remove it with setfacl -k");
        }

        FileCalls.Stat(root, default, out StatxResult stat);
        DescriptorCalls.StatFileSystem(root, out FileSystemStatus status);
        const long readOnly = 1, noSuidNoDev = 6;
        if ((status.Flags & readOnly) != 0)
        {
            throw Unusable(path, "its filesystem is mounted read-only");
        }

        if (!created && (stat.Permissions & 0x3f) != 0 && (status.Flags & noSuidNoDev) != noSuidNoDev && ProcessCalls.IsRoot)
        {
            warnings.Add($"data root '{path}' can be entered by others (mode {Convert.ToString(stat.Permissions, 8)}) on a filesystem without nosuid,nodev: "
                + "setuid files and devices of the mount are reachable there; chmod 0700 it, or mount the filesystem nosuid,nodev");
        }

        return warnings;
    }

    private static SafeFd OpenOwn(string path, SafeFd root)
    {
        Errno made = FileCalls.MakeDirectory(root, Utf8(OwnName), 0x1c0);
        if (made is not (Errno.None or Errno.EEXIST))
        {
            throw Unusable(path, Describe(made));
        }

        Errno errno = FileCalls.Open(root, Utf8(OwnName), OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, 0, out SafeFd own);
        return errno == Errno.None ? own : throw Unusable(path, $"its {OwnName} is no directory of KafkaFS ({errno})");
    }

    private static SafeFd Lock(string path, SafeFd own)
    {
        Errno errno = FileCalls.Open(own, "lock"u8, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.NoFollow, 0x180, out SafeFd lockFile);
        if (errno != Errno.None)
        {
            throw Unusable(path, Describe(errno));
        }

        if (DescriptorCalls.TryLock(lockFile) != Errno.None)
        {
            lockFile.Dispose();
            throw new DataRootException(DataRootProblem.InUse, $"data root '{path}' is in use by another kafkafs process: stop it, or name another directory");
        }

        return lockFile;
    }

    private void SyncOwn() => Check(DescriptorCalls.Sync(_own), "sync .kafkafs");

    private string OwnPath(string name) => System.IO.Path.Combine(Path, OwnName, name);

    private void Check(Errno errno, string action)
    {
        if (errno != Errno.None)
        {
            throw Unusable(Path, $"{action}: {Describe(errno)}");
        }
    }

    private static byte[] AsideName(int number) => Utf8($"aside-{number}");

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static string Describe(Errno errno) => errno switch
    {
        Errno.ENOTDIR => "it is not a directory",
        Errno.EACCES or Errno.EPERM => $"this user may not use it ({errno})",
        _ => $"the machine says {errno}",
    };

    private static DataRootException Unusable(string path, string why) =>
        new(DataRootProblem.Unusable, $"data root '{path}' cannot be used: {why}");
}
