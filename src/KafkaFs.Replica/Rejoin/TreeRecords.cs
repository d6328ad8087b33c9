using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Tree;

namespace KafkaFs.Replica.Rejoin;

/// <summary>
/// Writes a namespace and the contents of its tree as the records of a new filesystem, in an order in which each of them succeeds:
/// directories before what is in them, content before xattrs (writing drops capabilities), times last. The tree is only read. For one
/// thread, with nothing applied meanwhile.
/// </summary>
internal sealed class TreeRecords
{
    private const int MaxDataBytes = 128 * 1024;
    private const int RecordOverheadBytes = 64 * 1024;
    private const int XattrListBytes = 65_536;

    // The records that an inode has beside its content, about.
    private const int RecordBytesOfInode = 500;

    private const int SeekData = 3, SeekHole = 4;

    private static readonly SessionId s_session = new(1);
    private static readonly TimeSpan s_progressInterval = TimeSpan.FromSeconds(10);

    private readonly NamespaceState _former;
    private readonly DataTree _tree;
    private readonly JournalSeeder _seeder;
    private readonly SeedStamp _stamp;
    private readonly Action<string> _say;
    private readonly WorkProgress _progress;
    private readonly byte[] _data;
    private readonly byte[] _xattrs = new byte[XattrListBytes];
    private readonly byte[] _path = new byte[ChangeCodec.MaxPathBytes];

    // The former inode of each counter, from 1.
    private readonly List<FileId> _formers = [];
    private readonly Dictionary<FileId, FileId> _linked = [];
    private readonly List<(FileId Former, FileId Made)> _directories = [(FileId.Root, FileId.Root)];
    private ulong _sequence;
    private ulong _written;
    private long _saidAt = Environment.TickCount64;

    /// <param name="say">Hears now and then, in words for a person, how far it is.</param>
    public TreeRecords(NamespaceState former, DataTree tree, JournalSeeder seeder, int maxRecordBytes, SeedStamp stamp, Action<string> say, WorkProgress progress)
    {
        (_former, _tree, _seeder, _stamp, _say, _progress) = (former, tree, seeder, stamp, say, progress);
        _data = new byte[Math.Clamp(maxRecordBytes - RecordOverheadBytes, 4_096, MaxDataBytes)];
        _seeder.CopyIdentity = (made, identity) => _former.CopyIdentity(_formers[(int)made.Counter - 1], identity);
    }

    /// <summary>
    /// Returns when all of it is in the journal and evaluated. Throws IOException for content that cannot be read, and what
    /// <see cref="JournalSeeder.Append"/> throws.
    /// </summary>
    public void Write()
    {
        _progress.Begin("writing to the journal", "bytes", _former.ContentBytes + ((long)_former.InodeCount * RecordBytesOfInode));
        Begin();
        for (int index = 0; index < _directories.Count; index++)
        {
            WriteEntries(_directories[index].Former, _directories[index].Made);
        }

        WriteXattrs(FileId.Root, FileId.Root);
        foreach ((FileId former, FileId made) in _directories)
        {
            WriteTimes(former, made);
        }

        Change ended = new() { Kind = ChangeKind.SessionEnded };
        Append(ref ended);
        _seeder.Drain();
    }

    // Each of the two is needed for what follows it to count.
    private void Begin()
    {
        _former.TryGetAttributes(FileId.Root, out InodeAttributes root);
        Change created = new() { Kind = ChangeKind.FilesystemCreated, Mode = root.Mode, Uid = root.Uid, Gid = root.Gid, Limits = _former.Limits };
        AppendControl(ref created);
        Change started = new() { Kind = ChangeKind.SessionStarted, Master = _stamp.Master, Run = 1, Uuid = _stamp.Session };
        AppendControl(ref started);
    }

    private void WriteEntries(FileId former, FileId made)
    {
        DirectoryCursor cursor = new(former, 0);
        while (_former.TryReadEntry(ref cursor, out DirectoryEntry entry))
        {
            _former.TryGetAttributes(entry.Inode, out InodeAttributes attributes);
            ReadOnlySpan<byte> path = _former.WritePath(former, entry.Name, _path);
            if (_linked.TryGetValue(entry.Inode, out FileId known))
            {
                Change link = new() { Kind = ChangeKind.Link, Inode = known, Parent = made, Name = entry.Name };
                link.Header.Path = path;
                Append(ref link);
                continue;
            }

            FileId inode = Make(entry, attributes, made, path);
            if (attributes.IsDirectory)
            {
                _directories.Add((entry.Inode, inode));
                WriteXattrs(entry.Inode, inode);
                continue;
            }

            if (attributes.Type == InodeType.RegularFile)
            {
                WriteContent(entry.Inode, inode, attributes.Size);
            }

            WriteXattrs(entry.Inode, inode);
            WriteTimes(entry.Inode, inode);
        }
    }

    private FileId Make(in DirectoryEntry entry, in InodeAttributes attributes, FileId parent, ReadOnlySpan<byte> path)
    {
        _formers.Add(entry.Inode);
        _progress.Advance(RecordBytesOfInode);
        SayProgress();
        Change change = new()
        {
            Kind = attributes.Type switch
            {
                InodeType.Directory => ChangeKind.Mkdir,
                InodeType.RegularFile => ChangeKind.Create,
                InodeType.Symlink => ChangeKind.Symlink,
                _ => ChangeKind.Mknod,
            },
            Inode = FileId.Of(s_session, checked((uint)_formers.Count)),
            Parent = parent,
            Name = entry.Name,
            Mode = attributes.Mode,
            Uid = attributes.Uid,
            Gid = attributes.Gid,
            Type = (uint)attributes.Type,
            Rdev = attributes.Rdev,
            Data = _former.GetTarget(entry.Inode),
        };
        change.Header.Path = path;
        if (attributes is { Links: > 1, IsDirectory: false })
        {
            _linked.Add(entry.Inode, change.Inode);
        }

        Append(ref change);
        return change.Inode;
    }

    // Holes are not written: the size says that they are there.
    private void WriteContent(FileId former, FileId made, ulong size)
    {
        if (size == 0)
        {
            return;
        }

        using SafeFd fd = OpenContent(former);
        ulong reached = 0;
        while (reached < size && FindData(fd, former, reached, out ulong start, out ulong end) && start < size)
        {
            end = Math.Min(end, size);
            _progress.Advance((long)(start - reached));
            for (ulong at = start; at < end; at += (ulong)_data.Length)
            {
                WriteData(fd, former, made, at, _data.AsSpan(0, (int)Math.Min((ulong)_data.Length, end - at)));
            }

            reached = end;
        }

        if (reached < size)
        {
            _progress.Advance((long)(size - reached));
            Change truncate = new() { Kind = ChangeKind.Truncate, Inode = made, Size = size };
            Append(ref truncate);
        }
    }

    private SafeFd OpenContent(FileId former)
    {
        Errno errno = _tree.OpenFile(former, OpenFlags.ReadOnly | OpenFlags.NoAccessTime, _former, out SafeFd fd);
        if (errno == Errno.EPERM)
        {
            // Only a file's owner may read it without a trace.
            errno = _tree.OpenFile(former, OpenFlags.ReadOnly, _former, out fd);
        }

        return errno == Errno.None ? fd : throw Unreadable(former, errno.ToString());
    }

    private bool FindData(SafeFd fd, FileId former, ulong from, out ulong start, out ulong end)
    {
        (start, end) = (0, 0);
        Errno errno = DescriptorCalls.Seek(fd, (long)from, SeekData, out long data);
        if (errno == Errno.ENXIO)
        {
            return false;
        }

        long hole = 0;
        errno = errno != Errno.None ? errno : DescriptorCalls.Seek(fd, data, SeekHole, out hole);
        (start, end) = ((ulong)data, (ulong)hole);
        return errno == Errno.None ? true : throw Unreadable(former, errno.ToString());
    }

    private void WriteData(SafeFd fd, FileId former, FileId made, ulong at, Span<byte> buffer)
    {
        Errno errno = DescriptorCalls.ReadAll(fd, buffer, at, out int read);
        if (errno != Errno.None || read < buffer.Length)
        {
            throw Unreadable(former, errno == Errno.None ? "it is shorter than the index says" : errno.ToString());
        }

        Change write = new() { Kind = ChangeKind.Write, Inode = made, Offset = at, Data = buffer };
        Append(ref write);
        _written += (ulong)buffer.Length;
        _progress.Advance(buffer.Length);
        SayProgress();
    }

    private void WriteXattrs(FileId former, FileId made)
    {
        ReadOnlySpan<byte> names = _xattrs.AsSpan(0, _former.ListXattrs(former, _xattrs));
        while (!names.IsEmpty)
        {
            int length = names.IndexOf((byte)0);
            Change set = new() { Kind = ChangeKind.SetXattr, Inode = made, Name = names[..length] };
            _former.TryGetXattr(former, set.Name, out set.Data);
            Append(ref set);
            names = names[(length + 1)..];
        }
    }

    private void WriteTimes(FileId former, FileId made)
    {
        _former.TryGetAttributes(former, out InodeAttributes attributes);
        Change times = new()
        {
            Kind = ChangeKind.SetAttr,
            Inode = made,
            HasMtime = true,
            MtimeNs = attributes.MtimeNs,
            HasAtime = attributes.HasAtime,
            AtimeNs = attributes.AtimeNs,
        };
        Append(ref times);
    }

    private void SayProgress()
    {
        if (Environment.TickCount64 - _saidAt > s_progressInterval.TotalMilliseconds)
        {
            _say($"{_formers.Count} of {_former.InodeCount - 1} inodes, {_written / 1_000_000} MB");
            _saidAt = Environment.TickCount64;
        }
    }

    private void AppendControl(ref Change change)
    {
        Stamp(ref change);
        _seeder.Append(ChangeCodec.Encode(change));
        _seeder.Drain();
    }

    private void Append(ref Change change)
    {
        Stamp(ref change);
        (change.Header.Session, change.Header.Sequence) = (s_session, _sequence++);
        _seeder.Append(ChangeCodec.Encode(change));
    }

    private void Stamp(ref Change change)
    {
        (change.Header.Filesystem, change.Header.Level) = (_stamp.Filesystem, ChangeCodec.Level);
        change.Header.TimeNs = _stamp.TimeNs;
    }

    private IOException Unreadable(FileId inode, string why) => new($"'{DataTree.Describe(inode, _former)}' cannot be read: {why}");
}
