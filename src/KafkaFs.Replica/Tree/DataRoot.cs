using System.Globalization;
using System.Text;
using KafkaFs.Journal.Check;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Checkpoint;

namespace KafkaFs.Replica.Tree;

/// <summary>
/// A data root: opened once and held, locked against other processes, with KafkaFS's own directory `.kafkafs` in it. Everything
/// else below it is the tree. For one thread, except <see cref="Fd"/>.
/// </summary>
public sealed class DataRoot : IReplicaDisk, IDisposable
{
    /// <summary>KafkaFS's own directory; the name is reserved in the root of the mount.</summary>
    public const string OwnName = ".kafkafs";

    /// <summary>The file in it that binds this replica to one journal.</summary>
    public const string BindingFile = "journal.json";

    /// <summary>Left in `.kafkafs` by a clean stop (<see cref="Checkpoint.CleanMark"/>).</summary>
    public const string CleanFile = "clean";

    // Names the directory that everything is being moved to.
    internal const string AsideMark = "setting-aside";

    internal const string RejoinAdvice = RecoveryTable.Rejoin;

    internal const string RepairAdvice = "`kafkafs repair` mends it from the journal or from another replica";

    private readonly SafeFd _own;
    private readonly SafeFd _lock;
    private readonly StateFiles _stateFiles;
    private SafeFd _trail = new();

    private DataRoot(string path, SafeFd fd, SafeFd own, SafeFd lockFile, byte[] identity, IReadOnlyList<string> warnings)
    {
        (Path, Fd, _own, _lock, Identity, Warnings) = (path, fd, own, lockFile, identity, warnings);
        (_stateFiles, Place) = (new StateFiles(own, path), new TreePlace(LinuxTreeCalls.Instance, fd, own, path));
    }

    /// <summary>Absolute path, as given.</summary>
    public string Path { get; }

    /// <summary>The root itself, open for reading; held for life (syncfs, *at calls).</summary>
    public SafeFd Fd { get; }

    /// <summary>What the tree below is reached by.</summary>
    internal TreePlace Place { get; }

    /// <inheritdoc/>
    TreePlace IReplicaDisk.Place => Place;

    /// <summary>What tells this directory from every copy of it.</summary>
    public byte[] Identity { get; }

    /// <summary>What an operator should know, in words.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>Path of the index file.</summary>
    public string IndexPath => System.IO.Path.Combine(Path, OwnName, "index.db");

    /// <summary>There is nothing but KafkaFS's own directory and the filesystem's own `lost+found`.</summary>
    public bool IsEmpty => TreeNames(Fd).Count == 0;

    /// <summary>
    /// Looks at what is to be a data root, and makes nothing: throws <see cref="DataRootException"/> for what <see cref="Open"/>
    /// would refuse now.
    /// </summary>
    public static void Inspect(string path)
    {
        string full = System.IO.Path.GetFullPath(path);
        Errno errno = FileCalls.Stat(null, Utf8(full), out _);
        if (errno == Errno.ENOENT)
        {
            if (!Directory.Exists(System.IO.Path.GetDirectoryName(full)))
            {
                throw Unusable(full, "its parent directory does not exist", errno);
            }

            return;
        }

        using SafeFd root = OpenDirectory(full);
        Inspect(full, root, created: false);
        if (FileCalls.Open(root, Utf8(OwnName), OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, 0, out SafeFd own) == Errno.None)
        {
            using (own)
            {
                if (FileCalls.Open(own, "lock"u8, OpenFlags.ReadOnly | OpenFlags.NoFollow, 0, out SafeFd lockFile) == Errno.None)
                {
                    TakeLock(full, lockFile);
                    GiveBack(lockFile);
                }
            }
        }
    }

    /// <summary>
    /// Opens and locks a data root; a missing one is created with mode 0700 in a parent that exists. Throws
    /// <see cref="DataRootException"/>, and has then changed nothing but, at most, made the empty directory.
    /// </summary>
    /// <param name="mayHoldFiles">Also one that is no replica and holds files.</param>
    public static DataRoot Open(string path, bool mayHoldFiles = false)
    {
        string full = System.IO.Path.GetFullPath(path);
        Errno made = FileCalls.MakeDirectory(null, Utf8(full), 0x1c0);
        if (made is not (Errno.None or Errno.EEXIST or Errno.ENOENT))
        {
            throw Unusable(full, Describe(made), made);
        }

        bool created = made == Errno.None;
        SafeFd root = OpenDirectory(full);
        try
        {
            List<string> warnings = Inspect(full, root, created, mayHoldFiles);
            Errno errno = ObjectIdentity.ReadRoot(root, out byte[] identity);
            SafeFd own = errno == Errno.None ? OpenOwn(full, root) : throw Unusable(full, Describe(errno), errno);
            SafeFd lockFile = Lock(full, own);
            return new DataRoot(full, root, own, lockFile, identity, warnings);
        }
        catch (DataRootException)
        {
            root.Dispose();
            throw;
        }
    }

    /// <summary>Names in the root that are of the tree.</summary>
    internal List<byte[]> TreeNames() => TreeNames(Fd);

    /// <summary>A small file in `.kafkafs`; null if it is not there. Throws <see cref="DataRootException"/>.</summary>
    public byte[]? ReadStateFile(string name) => _stateFiles.Read(name);

    /// <summary>Replaces a small file in `.kafkafs` as a whole; durable when it returns. Throws <see cref="DataRootException"/>.</summary>
    public void WriteStateFile(string name, ReadOnlySpan<byte> content) => _stateFiles.Write(name, content);

    /// <inheritdoc/>
    public void RemoveStateFile(string name) => _stateFiles.Remove(name);

    /// <inheritdoc/>
    Errno IReplicaDisk.WriteTrail(ReadOnlySpan<byte> content)
    {
        if (_trail.IsInvalid)
        {
            Errno errno = FileCalls.Open(_own, TrailFile, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.NoFollow, 0x180, out SafeFd trail);
            if (errno != Errno.None)
            {
                return errno;
            }

            _trail = trail;
        }

        return DescriptorCalls.WriteAll(_trail, content, 0);
    }

    /// <inheritdoc/>
    byte[] IReplicaDisk.ReadTrail() => ReadStateFile(Encoding.UTF8.GetString(TrailFile)) ?? [];

    /// <summary>
    /// Moves the whole tree, and all of KafkaFS's own beside it, to a new directory below `.kafkafs`, whose path is returned: what is
    /// left is an empty data root that follows no journal. After a crash the next call goes on.
    /// </summary>
    public string SetAside()
    {
        string name = ReadStateFile(AsideMark) is byte[] begun
            ? Encoding.UTF8.GetString(begun)
            : NewAsideName();
        WriteStateFile(AsideMark, Utf8(name));
        using (SafeFd aside = Place.OpenOwnDirectory(Utf8(name)))
        {
            MoveAll(Fd, aside, TreeNames(Fd));
            Errno made = FileCalls.MakeDirectory(aside, Utf8(OwnName), 0x1c0);
            Check(made == Errno.EEXIST ? Errno.None : made, "make a directory in .kafkafs");
            Check(FileCalls.Open(aside, Utf8(OwnName), OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, 0, out SafeFd own), "open a directory in .kafkafs");
            using (own)
            {
                MoveAll(_own, own, Names(_own).Where(IsOfTheTree));
            }
        }

        Check(Place.Calls.SyncFileSystem(Fd), "make durable what was set aside");
        RemoveStateFile(AsideMark);
        return OwnPath(name);

        // Which master this is stays: its next start closes the session that the last one may have left open.
        static bool IsOfTheTree(byte[] name) =>
            !name.AsSpan().SequenceEqual("lock"u8) && !name.AsSpan().SequenceEqual("master"u8) && !name.AsSpan().SequenceEqual(Utf8(AsideMark)) && !name.AsSpan().StartsWith("aside-"u8);
    }

    /// <summary>A name in `.kafkafs` for what is kept and no longer used, by the time.</summary>
    internal static string NewAsideName() => $"aside-{DateTime.UtcNow.ToString("yyyyMMdd-HHmmss-fffffff", CultureInfo.InvariantCulture)}";

    private void MoveAll(SafeFd from, SafeFd to, IEnumerable<byte[]> names)
    {
        foreach (byte[] name in names)
        {
            Check(FileCalls.Rename(from, name, to, name, 0), $"set aside '{Encoding.UTF8.GetString(name)}'");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        GiveBack(_lock);
        _trail.Dispose();
        _own.Dispose();
        Fd.Dispose();
    }

    private static ReadOnlySpan<byte> TrailFile => "trail"u8;

    private static List<byte[]> TreeNames(SafeFd root) =>
        [.. Names(root).Where(name => !name.AsSpan().SequenceEqual(".kafkafs"u8) && !IsLostAndFound(root, name))];

    // mke2fs makes it in the root of a filesystem; elsewhere it is a name like any other.
    private static bool IsLostAndFound(SafeFd root, ReadOnlySpan<byte> name)
    {
        const int directory = 4;
        return name.SequenceEqual("lost+found"u8)
            && FileCalls.Stat(root, default, out StatxResult here) == Errno.None
            && FileCalls.Stat(root, ".."u8, out StatxResult above) == Errno.None
            && (here.DevMajor, here.DevMinor) != (above.DevMajor, above.DevMinor)
            && FileCalls.Stat(root, name, out StatxResult found) == Errno.None
            && found.Type == directory && found.Permissions == 0x1c0 && found.Uid == 0;
    }

    private static List<byte[]> Names(SafeFd directory)
    {
        List<byte[]> names = [];
        Errno errno = FileCalls.Open(directory, "."u8, OpenFlags.ReadOnly | OpenFlags.Directory, 0, out SafeFd listing);
        if (errno == Errno.None)
        {
            using (listing)
            {
                DirectoryReader reader = new(listing);
                while (reader.TryRead(out errno))
                {
                    names.Add(reader.Name.ToArray());
                }
            }
        }

        return errno == Errno.None ? names : throw new DataRootException(DataRootProblem.Unusable, $"the data root cannot be listed: {Describe(errno)}", errno);
    }

    private static SafeFd OpenDirectory(string path)
    {
        Errno errno = FileCalls.Open(null, Utf8(path), OpenFlags.ReadOnly | OpenFlags.Directory, 0, out SafeFd root);
        return errno == Errno.None
            ? root
            : throw Unusable(path, errno == Errno.ENOENT ? "its parent directory does not exist" : Describe(errno), errno);
    }

    private static void RefuseStrangers(string path, SafeFd root)
    {
        Errno errno = FileCalls.Stat(root, Utf8($"{OwnName}/{BindingFile}"), out _);
        if (errno is not (Errno.None or Errno.ENOENT or Errno.ENOTDIR))
        {
            throw Unusable(path, Describe(errno), errno);
        }

        if (errno != Errno.None && TreeNames(root).Count > 0)
        {
            throw new DataRootException(
                DataRootProblem.NotAReplica, $"data root '{path}' holds files but is no KafkaFS replica: name an empty or new directory, or make it one with `kafkafs import`");
        }
    }

    private static List<string> Inspect(string path, SafeFd root, bool created, bool mayHoldFiles = false)
    {
        List<string> warnings = [];
        if (!mayHoldFiles)
        {
            RefuseStrangers(path, root);
        }

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
            throw Unusable(path, "its filesystem is mounted read-only", Errno.EROFS);
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
            throw Unusable(path, Describe(made), made);
        }

        Errno errno = FileCalls.Open(root, Utf8(OwnName), OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, 0, out SafeFd own);
        return errno == Errno.None ? own : throw Unusable(path, $"its {OwnName} is no directory of KafkaFS ({errno})", errno);
    }

    private static SafeFd Lock(string path, SafeFd own)
    {
        Errno errno = FileCalls.Open(own, "lock"u8, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.NoFollow, 0x180, out SafeFd lockFile);
        if (errno != Errno.None)
        {
            throw Unusable(path, Describe(errno), errno);
        }

        TakeLock(path, lockFile);
        return lockFile;
    }

    private static void GiveBack(SafeFd lockFile)
    {
        DescriptorCalls.Unlock(lockFile);
        lockFile.Dispose();
    }

    private static void TakeLock(string path, SafeFd lockFile)
    {
        Errno errno = DescriptorCalls.TryLock(lockFile);
        if (errno != Errno.None)
        {
            lockFile.Dispose();
            throw errno == Errno.EAGAIN
                ? new DataRootException(DataRootProblem.InUse, $"data root '{path}' is in use by another kafkafs process: stop it, or name another directory")
                : Unusable(path, $"its lock cannot be taken: {Describe(errno)}", errno);
        }
    }

    private string OwnPath(string name) => System.IO.Path.Combine(Path, OwnName, name);

    private void Check(Errno errno, string action)
    {
        if (errno != Errno.None)
        {
            throw Unusable(Path, $"{action}: {Describe(errno)}", errno);
        }
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    internal static string Describe(Errno errno) => errno switch
    {
        Errno.ENOTDIR => "it is not a directory",
        Errno.EACCES or Errno.EPERM => $"this user may not use it ({errno})",
        Errno.ENOSPC or Errno.EDQUOT => $"No space left on device ({errno})",
        _ => $"the machine says {errno}",
    };

    private static DataRootException Unusable(string path, string why, Errno refusal) =>
        new(DataRootProblem.Unusable, $"data root '{path}' cannot be used: {why}", refusal);
}
