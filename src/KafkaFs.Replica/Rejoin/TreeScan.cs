using System.Text;
using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Tree;

namespace KafkaFs.Replica.Rejoin;

/// <summary>
/// Makes a namespace of a tree that no replica knows: every object with its attributes, xattrs and identity. The rules are those of every
/// record, so what a filesystem may not hold is found here, before anything is written. Changes nothing. For one thread, once.
/// </summary>
internal sealed class TreeScan
{
    private const int MaxProblemsTold = 10;

    private static readonly SessionId s_session = new(1);

    private readonly DataRoot _root;
    private readonly ITreeCalls _calls;
    private readonly WorkProgress _progress;
    private readonly CancellationToken _stop;
    private readonly Evaluation _evaluation;
    private readonly Effects _effects = new();
    private readonly Guid _filesystem = Guid.NewGuid();
    private readonly long _nowNs;
    private readonly Dictionary<byte[], FileId> _linked = new(NameBytes.Comparer);
    private readonly Queue<(byte[] Path, FileId Inode)> _waiting = [];
    private readonly List<(FileId Inode, StatxResult Stat)> _directories = [];
    private readonly List<string> _problems = [];
    private readonly byte[] _names = new byte[NativeLimits.XattrListBytes];
    private readonly byte[] _value = new byte[NativeLimits.XattrListBytes];
    private readonly byte[] _target = new byte[NativeLimits.PathBytes];
    private StatxResult _rootStat;
    private ulong _sequence;
    private uint _counter;
    private long _offset;
    private int _problemCount;

    private TreeScan(DataRoot root, WorkProgress progress, TimeProvider clock, CancellationToken stop)
    {
        (_root, _calls, _progress, _stop, _nowNs, _evaluation) = (root, root.Place.Calls, progress, stop, ChangeHeader.NowNs(clock), new Evaluation(State));
    }

    private NamespaceState State { get; } = new();

    /// <summary>
    /// Throws <see cref="DataRootException"/> that names what no filesystem may hold, or what cannot be looked at; OperationCanceledException at
    /// <paramref name="stop"/>.
    /// </summary>
    public static NamespaceState Run(DataRoot root, WorkProgress progress, TimeProvider clock, CancellationToken stop)
    {
        progress.Begin("looking at the files", "inodes");
        TreeScan scan = new(root, progress, clock, stop);
        scan.Scan();
        return scan._problemCount == 0
            ? scan.State
            : throw new DataRootException(
                DataRootProblem.Unusable,
                $"'{root.Path}' holds what a filesystem may not, in {scan._problemCount} places: {string.Join("; ", scan._problems)}; nothing was written or changed");
    }

    private void Scan()
    {
        Must(_calls.Stat(_root.Fd, default, out _rootStat), []);
        Begin();
        _waiting.Enqueue(([], FileId.Root));
        while (_waiting.TryDequeue(out (byte[] Path, FileId Inode) next))
        {
            _stop.ThrowIfCancellationRequested();
            ScanDirectory(next.Path, next.Inode);
        }

        // Last: what is made in a directory moves its times.
        foreach ((FileId inode, StatxResult stat) in _directories)
        {
            SetTimes([], inode, stat);
        }
    }

    private void Begin()
    {
        Change created = new() { Kind = ChangeKind.FilesystemCreated, Mode = _rootStat.Permissions, Uid = _rootStat.Uid, Gid = _rootStat.Gid, Limits = Limits.Default };
        Require(ref created, []);
        Change started = new() { Kind = ChangeKind.SessionStarted, Master = Guid.NewGuid(), Run = 1, Uuid = Guid.NewGuid() };
        Require(ref started, []);
        SetXattrs([], FileId.Root, _root.Fd);
        _directories.Add((FileId.Root, _rootStat));
    }

    private void ScanDirectory(byte[] path, FileId inode)
    {
        SafeFd? opened = null;
        try
        {
            List<byte[]> names = [];
            if (inode == FileId.Root)
            {
                names = _root.TreeNames();
            }
            else
            {
                Must(_calls.OpenBeneath(_root.Fd, path, out opened), path);
                Must(_calls.ListNames(opened, names), path);
            }

            // An interrupted import makes the same records again.
            names.Sort(static (one, other) => one.AsSpan().SequenceCompareTo(other));
            foreach (byte[] name in names)
            {
                ScanEntry(opened ?? _root.Fd, path.Length == 0 ? name : [.. path, (byte)'/', .. name], inode, name);
            }
        }
        finally
        {
            opened?.Dispose();
        }
    }

    private void ScanEntry(SafeFd directory, byte[] path, FileId parent, byte[] name)
    {
        Must(_calls.Open(directory, name, OpenFlags.PathOnly | OpenFlags.NoFollow, 0, out SafeFd fd), path);
        using (fd)
        {
            Must(_calls.Stat(fd, default, out StatxResult stat), path);
            if ((stat.DevMajor, stat.DevMinor) != (_rootStat.DevMajor, _rootStat.DevMinor))
            {
                Refuse(path, "another filesystem is mounted there");
                return;
            }

            Span<byte> buffer = stackalloc byte[Effects.MaxIdentityBytes];
            Must(_calls.Identify(fd, default, buffer, out int length), path);
            byte[] identity = buffer[..length].ToArray();
            if (_linked.TryGetValue(identity, out FileId known))
            {
                Change link = new() { Kind = ChangeKind.Link, Inode = known, Parent = parent, Name = name };
                Require(ref link, path);
                return;
            }

            FileId inode = Make(path, parent, name, fd, stat, identity);
            if (!inode.IsNone)
            {
                SetRest(path, inode, fd, stat);
            }
        }
    }

    private FileId Make(byte[] path, FileId parent, byte[] name, SafeFd fd, in StatxResult stat, byte[] identity)
    {
        InodeType type = (InodeType)stat.Type;
        Change change = new()
        {
            Kind = type switch
            {
                InodeType.Directory => ChangeKind.Mkdir,
                InodeType.RegularFile => ChangeKind.Create,
                InodeType.Symlink => ChangeKind.Symlink,
                _ => ChangeKind.Mknod,
            },
            Inode = FileId.Of(s_session, ++_counter),
            Parent = parent,
            Name = name,
            Mode = type == InodeType.Symlink ? 0 : stat.Permissions,
            Uid = stat.Uid,
            Gid = stat.Gid,
        };
        if (change.Kind == ChangeKind.Mknod)
        {
            (change.Type, change.Rdev) = ((uint)type, type is InodeType.CharacterDevice or InodeType.BlockDevice ? stat.Rdev : 0);
        }

        if (type == InodeType.Symlink)
        {
            Must(FileCalls.ReadLink(fd, default, _target, out int length), path);
            change.Data = _target.AsSpan(0, length);
        }

        if (!Require(ref change, path, identity))
        {
            return FileId.None;
        }

        if (type != InodeType.Directory && stat.Links > 1)
        {
            _linked.Add(identity, change.Inode);
        }

        _progress.Advance();
        return change.Inode;
    }

    private void SetRest(byte[] path, FileId inode, SafeFd fd, in StatxResult stat)
    {
        if (stat.Type == (int)InodeType.Directory)
        {
            _waiting.Enqueue((path, inode));
            _directories.Add((inode, stat));
        }
        else if (stat.Type == (int)InodeType.RegularFile && stat.Size > 0)
        {
            Change size = new() { Kind = ChangeKind.Truncate, Inode = inode, Size = stat.Size };
            Require(ref size, path);
        }

        if (stat.Type != (int)InodeType.Symlink)
        {
            SetXattrs(path, inode, fd);
        }

        if (stat.Type != (int)InodeType.Directory)
        {
            SetTimes(path, inode, stat);
        }
    }

    private void SetXattrs(byte[] path, FileId inode, SafeFd fd)
    {
        Errno errno = _calls.ListXattrs(fd, _names, out int length);
        Must(errno == Errno.EOPNOTSUPP ? Errno.None : errno, path);
        for (ReadOnlySpan<byte> rest = _names.AsSpan(0, length); !rest.IsEmpty;)
        {
            ReadOnlySpan<byte> name = rest[..rest.IndexOf((byte)0)];
            rest = rest[(name.Length + 1)..];
            if (name.StartsWith("system.posix_acl"u8))
            {
                Refuse(path, "has a POSIX ACL, which no record holds: remove it with setfacl -b");
            }
            else if (ProjectedAttributes.HasXattr(TreeOwnership.Full, name))
            {
                Must(XattrCalls.Get(fd, name, _value, out int size), path);
                Change set = new() { Kind = ChangeKind.SetXattr, Inode = inode, Name = name, Data = _value.AsSpan(0, size) };
                Require(ref set, path);
            }
        }
    }

    private void SetTimes(byte[] path, FileId inode, in StatxResult stat)
    {
        Change times = new() { Kind = ChangeKind.SetAttr, Inode = inode, HasMtime = true, MtimeNs = stat.Mtime.TotalNs, HasAtime = true, AtimeNs = stat.Atime.TotalNs };
        Require(ref times, path);
    }

    // Evaluates a record that is written nowhere.
    private bool Require(ref Change change, byte[] path, ReadOnlySpan<byte> identity = default)
    {
        (change.HasHeader, change.Header.Filesystem, change.Header.Level, change.Header.TimeNs) = (true, _filesystem, ChangeCodec.Level, _nowNs);
        if (change.Kind is not (ChangeKind.FilesystemCreated or ChangeKind.SessionStarted))
        {
            (change.Header.Session, change.Header.Sequence) = (s_session, _sequence++);
        }

        _effects.Clear();
        Outcome outcome = _evaluation.Evaluate(change, wellFormed: true, _offset, _nowNs / 1_000_000, _effects);
        if (_effects.Kind == EffectKind.Make && !identity.IsEmpty)
        {
            _effects.SetIdentity(identity);
        }

        State.Publish(change, outcome, _effects, _offset++);
        if (outcome != Outcome.Success)
        {
            Refuse(path, $"{change.Kind} is {outcome}");
        }

        return outcome == Outcome.Success;
    }

    private void Must(Errno errno, byte[] path)
    {
        if (errno != Errno.None)
        {
            throw new DataRootException(
                DataRootProblem.Unusable, $"'{System.IO.Path.Combine(_root.Path, Encoding.UTF8.GetString(path))}' cannot be looked at: {DataRoot.Describe(errno)}", errno);
        }
    }

    private void Refuse(byte[] path, string why)
    {
        if (_problemCount++ < MaxProblemsTold)
        {
            _problems.Add($"'{Encoding.UTF8.GetString(path)}' {why}");
        }
    }
}
