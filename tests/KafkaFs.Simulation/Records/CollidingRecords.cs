using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Simulation.Model;

namespace KafkaFs.Simulation.Records;

/// <summary>
/// Records that mostly succeed and mostly meet what others have done: three names, few directories, sources that exist. Repetitions
/// and gaps of the sequence among them, and several sessions. One seed, one sequence.
/// </summary>
internal sealed class CollidingRecords(Random random, NaiveFilesystem model)
{
    private const int ManyInodes = 26;

    private static readonly Guid s_filesystem = new("11111111-2222-3333-4444-555555555555");
    private static readonly byte[][] s_names = ["a"u8.ToArray(), "b"u8.ToArray(), "c"u8.ToArray()];
    private static readonly byte[][] s_xattrs = ["user.a"u8.ToArray(), "user.b"u8.ToArray(), "trusted.t"u8.ToArray(), "security.capability"u8.ToArray()];
    private static readonly byte[] s_capability = [1, 0, 0, 2, .. new byte[15], 1];

    private readonly List<byte[]> _recent = [];
    private long _timeNs = 1_699_999_000_000_000_000;

    /// <summary>The next record; the model has taken those before.</summary>
    public byte[] Next()
    {
        _timeNs += random.Next(3) * 1_000;
        if (_recent.Count > 4 && random.Next(16) == 0)
        {
            return _recent[^random.Next(1, 5)];
        }

        byte[] record = Fresh();
        _recent.Add(record);
        if (_recent.Count > 8)
        {
            _recent.RemoveAt(0);
        }

        return record;
    }

    private byte[] Fresh()
    {
        if (!model.Created)
        {
            return Encode(new Change { Kind = ChangeKind.FilesystemCreated, Mode = 0x1ed, Limits = Limits.Default }, 0, 0, 0);
        }

        if (model.Sessions.Count == 0 || (model.Sessions.Count < 2 && random.Next(16) == 0) || random.Next(80) == 0)
        {
            Guid master = new(1 + random.Next(2), 0, 0, [0, 0, 0, 0, 0, 0, 0, 1]);
            Change start = new() { Kind = ChangeKind.SessionStarted, Master = master, Run = model.Runs.GetValueOrDefault(master) + 1, Uuid = new Guid(random.Next(), 0, 1, new byte[8]) };
            return Encode(start, 0, 0, 0);
        }

        (uint id, ModelSession session) = AnySession();
        if (random.Next(60) == 0)
        {
            Change fence = new() { Kind = ChangeKind.Fence, NewIncarnation = session.Incarnation + 1 };
            return Encode(fence, id, session.Incarnation, 0);
        }

        Change change = Kind();
        if (change.Kind is ChangeKind.Create or ChangeKind.Mkdir or ChangeKind.Mknod or ChangeKind.Symlink)
        {
            change.Inode = FileId.Of(new SessionId(id), session.LastCounter + 1);
        }

        ulong gap = random.Next(30) == 0 ? (ulong)random.Next(1, 3) : 0;
        return Encode(change, id, session.Incarnation, session.Next + gap);
    }

    private Change Kind() => random.Next(100) switch
    {
        < 13 when model.Inodes.Count < ManyInodes => Make(ChangeKind.Create),
        < 23 when model.Inodes.Count < ManyInodes => Make(ChangeKind.Mkdir),
        < 26 => Make(random.Next(2) == 0 ? ChangeKind.Symlink : ChangeKind.Mknod),
        < 35 => new Change { Kind = ChangeKind.Link, Inode = AnyFile(), Parent = AnyDirectory(), Name = AnyName() },
        < 43 => Remove(),
        < 70 => Move(),
        < 78 => new Change { Kind = ChangeKind.Write, Inode = AnyFile(), Offset = Place(), Data = Bytes(), Flags = Kill() | (random.Next(3) == 0 ? ChangeFlags.Append : 0) },
        < 82 => new Change { Kind = ChangeKind.Truncate, Inode = AnyFile(), Size = Place(), Flags = Kill() },
        < 86 => new Change { Kind = ChangeKind.Allocate, Inode = AnyFile(), Mode = AllocateMode(), Offset = Place(), Length = (ulong)random.Next(1, 30), Flags = Kill() },
        < 93 => SetAttr(),
        _ => Xattr(),
    };

    private Change Make(ChangeKind kind)
    {
        uint type = kind == ChangeKind.Mknod ? (uint)(random.Next(3) switch { 0 => 1, 1 => 2, _ => 12 }) : 0;
        return new Change
        {
            Kind = kind,
            Parent = AnyDirectory(),
            Name = AnyName(),
            Mode = kind == ChangeKind.Symlink ? 0 : Mode(),
            Uid = (uint)random.Next(3),
            Gid = (uint)random.Next(3),
            Type = type,
            Rdev = type == 2 ? 0x105u : 0,
            Data = kind == ChangeKind.Symlink ? Bytes() : default,
        };
    }

    private Change Remove()
    {
        (FileId parent, byte[] name, bool isDirectory) = AnyEntry();
        return new Change { Kind = isDirectory ? ChangeKind.Rmdir : ChangeKind.Unlink, Parent = parent, Name = name };
    }

    private Change Move()
    {
        (FileId parent, byte[] name, _) = AnyEntry();
        bool toEntry = random.Next(2) == 0;
        (FileId newParent, byte[] newName, _) = toEntry ? AnyEntry() : (AnyDirectory(), AnyName(), false);
        ChangeFlags flags = random.Next(8) switch
        {
            0 or 1 or 2 when toEntry => ChangeFlags.RenameExchange,
            3 => ChangeFlags.RenameNoReplace,
            _ => 0,
        };
        return new Change { Kind = ChangeKind.Rename, Parent = parent, Name = name, NewParent = newParent, NewName = newName, Flags = flags };
    }

    private Change SetAttr() => new()
    {
        Kind = ChangeKind.SetAttr,
        Inode = AnyInode(),
        HasMode = random.Next(2) == 0,
        Mode = Mode(),
        HasUid = random.Next(3) == 0,
        Uid = (uint)random.Next(3),
        HasGid = random.Next(3) == 0,
        Gid = (uint)random.Next(3),
        HasAtime = random.Next(4) == 0,
        AtimeNs = Time(),
        HasMtime = random.Next(3) == 0,
        MtimeNs = Time(),
        Flags = Kill(),
    };

    private Change Xattr()
    {
        byte[] name = s_xattrs[random.Next(s_xattrs.Length)];
        return random.Next(3) == 0
            ? new Change { Kind = ChangeKind.RemoveXattr, Inode = AnyInode(), Name = name }
            : new Change { Kind = ChangeKind.SetXattr, Inode = random.Next(2) == 0 ? AnyFile() : AnyInode(), Name = name, Data = name.Length > 10 ? s_capability : Bytes() };
    }

    private uint Mode() => random.Next(3) == 0 ? (uint)random.Next(0x1000) : 0x1ed;

    private ChangeFlags Kill() => random.Next(4) == 0 ? ChangeFlags.KillSuidGid : 0;

    private uint AllocateMode() => random.Next(5) switch { 0 => 0, 1 => 1, 2 => 3, 3 => 16, _ => 17 };

    private ulong Place() => (ulong)random.Next(48);

    private long Time() => 1_600_000_000_000_000_000 + random.NextInt64(1_000_000_000_000);

    private byte[] AnyName() => s_names[random.Next(s_names.Length)];

    private byte[] Bytes()
    {
        byte[] bytes = new byte[random.Next(1, 24)];
        bytes.AsSpan().Fill((byte)random.Next('A', 'Z' + 1));
        return bytes;
    }

    private (uint Id, ModelSession Session) AnySession()
    {
        int skip = random.Next(model.Sessions.Count);
        foreach ((uint id, ModelSession session) in model.Sessions)
        {
            if (skip-- == 0)
            {
                return (id, session);
            }
        }

        throw new InvalidOperationException("There is no session.");
    }

    private FileId AnyInode() => Any(static _ => true);

    private FileId AnyFile() => Any(static inode => !inode.IsDirectory);

    private FileId AnyDirectory() => Any(static inode => inode.IsDirectory);

    // One that passes, each as likely as the others; else any.
    private FileId Any(Func<ModelInode, bool> passes)
    {
        ulong chosen = 1;
        int seen = 0;
        foreach ((ulong id, ModelInode inode) in model.Inodes)
        {
            if (passes(inode) && random.Next(++seen) == 0)
            {
                chosen = id;
            }
        }

        return new FileId(chosen);
    }

    private (FileId Parent, byte[] Name, bool IsDirectory) AnyEntry()
    {
        (FileId Parent, byte[] Name, bool IsDirectory) chosen = (FileId.Root, s_names[0], false);
        int seen = 0;
        foreach ((ulong id, ModelInode directory) in model.Inodes)
        {
            foreach ((string name, (ModelInode inode, _)) in directory.Entries)
            {
                if (random.Next(++seen) == 0)
                {
                    chosen = (new FileId(id), System.Text.Encoding.Latin1.GetBytes(name), inode.IsDirectory);
                }
            }
        }

        return chosen;
    }

    private byte[] Encode(Change change, uint session, uint incarnation, ulong sequence)
    {
        change.Header.Filesystem = s_filesystem;
        change.Header.Level = 1;
        change.Header.Session = new SessionId(session);
        change.Header.Incarnation = incarnation;
        change.Header.Sequence = sequence;
        change.Header.TimeNs = _timeNs;
        return ChangeCodec.Encode(change);
    }
}
