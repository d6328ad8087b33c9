using System.Text;
using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.Simulation.Fuzz;

/// <summary>
/// What somebody may write who has the topic and means ill: garbage, damaged records, and well-formed ones that lie, between
/// ordinary ones that keep the namespace moving. One seed, one sequence.
/// </summary>
internal sealed class HostileRecords(Random random, NamespaceState state)
{
    private const int RememberedInodes = 64;

    private static readonly Guid s_filesystem = new("11111111-2222-3333-4444-555555555555");
    private static readonly byte[][] s_names = [.. "abcdef".Select(letter => new[] { (byte)letter })];
    private static readonly byte[][] s_hostileNames =
    [
        [], "."u8.ToArray(), ".."u8.ToArray(), "/"u8.ToArray(), "a/b"u8.ToArray(), "/etc/passwd"u8.ToArray(), "../outside"u8.ToArray(), "../../outside/file"u8.ToArray(),
        "a\0b"u8.ToArray(), [0], ".kafkafs"u8.ToArray(), ".kafkafs/lock"u8.ToArray(), "lost+found"u8.ToArray(), "link"u8.ToArray(), "..."u8.ToArray(), "\n"u8.ToArray(),
        Filled(255, 'n'), Filled(256, 'n'), Filled(1_000, 'n'), [0xff, 0xfe], Filled(255, '\u00ff'),
    ];

    private static readonly byte[][] s_targets =
    [
        "../outside"u8.ToArray(), "/"u8.ToArray(), "/etc/passwd"u8.ToArray(), ".kafkafs/lock"u8.ToArray(), "a"u8.ToArray(), ".."u8.ToArray(), Filled(1_500, 't'), Filled(4_095, 't'),
    ];

    private static readonly byte[][] s_xattrs =
    [
        "user.a"u8.ToArray(), "user.b"u8.ToArray(), "trusted.t"u8.ToArray(), "security.capability"u8.ToArray(), "user."u8.ToArray(), "user"u8.ToArray(), "user.\0x"u8.ToArray(),
        "security.selinux"u8.ToArray(), "system.posix_acl_access"u8.ToArray(), "system.posix_acl_default"u8.ToArray(), "trusted.overlay.opaque"u8.ToArray(), "user.a/b"u8.ToArray(),
        [.. "user."u8, .. Filled(250, 'x')], [.. "user."u8, .. Filled(251, 'x')],
    ];

    private static readonly ulong[] s_numbers =
    [
        0, 1, 4_096, int.MaxValue, uint.MaxValue, 1ul << 32, (1ul << 44) - 4_097, (1ul << 44) - 4_096, 1ul << 44, long.MaxValue - 1, long.MaxValue, 1ul << 63, ulong.MaxValue - 1, ulong.MaxValue,
    ];

    private readonly FileId[] _inodes = [.. Enumerable.Repeat(FileId.Root, RememberedInodes)];
    private byte[] _last = [1, 2, 3];
    private long _clockMs = 1_700_000_000_000;

    /// <summary>Append time of the record, milliseconds since 1970.</summary>
    public long AppendTimeMs { get; private set; }

    /// <summary>The record that a log begins with.</summary>
    public static byte[] First()
    {
        Change change = new() { Kind = ChangeKind.FilesystemCreated, Mode = 0x1ed, Limits = Limits.Default };
        change.Header = new ChangeHeader { Filesystem = s_filesystem, Level = ChangeCodec.Level, TimeNs = 1_700_000_000_000_000_000 };
        return ChangeCodec.Encode(change);
    }

    /// <summary>
    /// The next record; never one that would be accepted as raising the format, which ends a log for this software by design.
    /// </summary>
    public byte[] Next()
    {
        byte[] record;
        do
        {
            record = Any();
        }
        while (ChangeCodec.TryDecode(record, out Change change, out _) && change.Kind == ChangeKind.FormatRaised && change.NewLevel > ChangeCodec.Level);
        return record;
    }

    /// <summary>A record of a new session of <paramref name="master"/>; nothing before it can make it void.</summary>
    public byte[] NewSession(Guid master) =>
        Encode(new Change { Kind = ChangeKind.SessionStarted, Master = master, Run = state.LastRun(master) + 1, Uuid = Guid.NewGuid() }, SessionId.None, default);

    /// <summary>A valid record of <paramref name="session"/> that makes a directory in the root.</summary>
    public byte[] Mkdir(SessionId session, string name)
    {
        SessionState current = state.Sessions[session];
        return Encode(
            new Change { Kind = ChangeKind.Mkdir, Inode = FileId.Of(session, current.LastCounter + 1), Parent = FileId.Root, Name = Encoding.UTF8.GetBytes(name), Mode = 0x1ed }, session, current);
    }

    private byte[] Any()
    {
        AppendTimeMs = _clockMs += random.Next(3);
        switch (random.Next(20))
        {
            case 0:
                return RandomBytes(random.Next(One(50) ? 5_000 : 200));
            case 1 or 2 or 3 or 4:
                return RecordMutation.Mutate(random, WellFormed(lies: false), _last);
            case 5 or 6 or 7 or 8 or 9 or 10 or 11:
                return WellFormed(lies: true);
            default:
                return _last = WellFormed(lies: false);
        }
    }

    private byte[] WellFormed(bool lies)
    {
        if (state.Sessions.Count == 0 || One(100))
        {
            return NewSession(new Guid(1 + random.Next(4), 0, 0, [0, 0, 0, 0, 0, 0, 0, 1]));
        }

        SessionId session = state.Sessions.Keys.ElementAt(random.Next(Math.Min(state.Sessions.Count, 4)));
        SessionState current = state.Sessions[session];
        Change change = lies && One(8) ? Control() : Ordinary();
        if (change.Kind is ChangeKind.Create or ChangeKind.Mkdir or ChangeKind.Mknod or ChangeKind.Symlink)
        {
            change.Inode = FileId.Of(session, current.LastCounter + 1);
            _inodes[random.Next(RememberedInodes)] = change.Inode;
        }

        for (int count = lies ? random.Next(1, 4) : 0; count > 0; count--)
        {
            Lie(ref change);
        }

        return Encode(change, session, current, lies && One(6));
    }

    private Change Control() => random.Next(4) switch
    {
        0 => new Change { Kind = ChangeKind.FilesystemCreated, Mode = (uint)Number(), Limits = Limits.Default with { NameMax = (uint)Number(), TimeMinS = (long)Number(), FileSizeMax = Number() } },
        1 => new Change { Kind = ChangeKind.SessionEnded, Closes = new SessionId(One(3) ? (uint)Number() : 0) },
        2 => new Change { Kind = ChangeKind.Fence, NewIncarnation = One(2) ? (uint)Number() : (uint)random.Next(3) },
        _ => new Change { Kind = ChangeKind.SessionStarted, Master = One(3) ? Guid.Empty : Guid.NewGuid(), Run = Number(), Uuid = One(3) ? Guid.Empty : Guid.NewGuid() },
    };

    private Change Ordinary()
    {
        ChangeKind kind = (ChangeKind)random.Next((int)ChangeKind.Create, (int)ChangeKind.RemoveXattr + 1);
        bool isXattr = kind is ChangeKind.SetXattr or ChangeKind.RemoveXattr;
        return new Change
        {
            Kind = kind,
            Inode = Inode(),
            Parent = Directory(),
            Name = isXattr ? s_xattrs[random.Next(3)] : s_names[random.Next(s_names.Length)],
            NewParent = Directory(),
            NewName = s_names[random.Next(s_names.Length)],
            Mode = kind == ChangeKind.Allocate ? (uint)random.Next(4) : (uint)random.Next(0x1000),
            Type = One(2) ? 1u : 12u,
            Uid = (uint)random.Next(3),
            Gid = (uint)random.Next(3),
            Offset = (ulong)random.Next(10_000),
            Length = (ulong)random.Next(1, 10_000),
            Size = (ulong)random.Next(10_000),
            Flags = kind == ChangeKind.Rename ? (ChangeFlags)(One(3) ? 64 << random.Next(2) : 0) : kind == ChangeKind.Write && One(3) ? ChangeFlags.Append : 0,
            Data = kind == ChangeKind.Symlink ? s_targets[random.Next(s_targets.Length)] : HasData(kind) ? RandomBytes(random.Next(1, 100)) : [],
            HasMode = One(2),
            HasUid = One(3),
            HasGid = One(3),
            HasMtime = One(3),
            MtimeNs = random.NextInt64(),
        };
    }

    private void Lie(ref Change change)
    {
        switch (random.Next(12))
        {
            case 0 or 1 when change.Kind is ChangeKind.SetXattr or ChangeKind.RemoveXattr:
                change.Name = s_xattrs[random.Next(s_xattrs.Length)];
                break;
            case 0 or 1:
                change.Name = s_hostileNames[random.Next(s_hostileNames.Length)];
                break;
            case 2:
                change.NewName = s_hostileNames[random.Next(s_hostileNames.Length)];
                break;
            case 3:
                change.Inode = ForgedInode();
                break;
            case 4:
                change.Parent = ForgedInode();
                break;
            case 5:
                change.NewParent = ForgedInode();
                break;
            case 6:
                (change.Offset, change.Size) = (Number(), Number());
                break;
            case 7:
                // Between the two lies what a disk could really reserve, and what would fill it.
                ulong length = Number();
                change.Length = length is > 65_536 and < 1ul << 44 ? 1ul << 44 : length;
                break;
            case 8:
                (change.Mode, change.Type, change.Rdev) = ((uint)Number(), (uint)random.Next(17), (uint)Number());
                break;
            case 9:
                (change.Uid, change.Gid, change.HasUid, change.HasGid) = ((uint)Number(), (uint)Number(), true, true);
                break;
            case 10:
                (change.HasAtime, change.AtimeNs, change.HasMtime, change.MtimeNs) = (true, (long)Number(), true, -(long)Number());
                break;
            default:
                change.Flags = (ChangeFlags)(One(2) ? 1u << random.Next(32) : (uint)Number());
                change.Data = !HasData(change.Kind) ? [] : One(4) ? [] : One(20) ? RandomBytes(70_000) : RandomBytes(random.Next(3_000, 5_000));
                break;
        }
    }

    private static bool HasData(ChangeKind kind) => kind is ChangeKind.Symlink or ChangeKind.Write or ChangeKind.SetXattr;

    private FileId Inode() => Remembered(static attributes => !attributes.IsDirectory);

    private FileId Directory() => One(20) ? Inode() : One(3) ? FileId.Root : Remembered(static attributes => attributes.IsDirectory);

    // Mostly one that is there and fits, sometimes a dead one.
    private FileId Remembered(Predicate<InodeAttributes> fits)
    {
        for (int attempt = 0; attempt < 16; attempt++)
        {
            FileId inode = _inodes[random.Next(RememberedInodes)];
            if (One(20) || (state.TryGetAttributes(inode, out InodeAttributes attributes) && fits(attributes)))
            {
                return inode;
            }
        }

        return FileId.Root;
    }

    private FileId ForgedInode() => random.Next(5) switch
    {
        0 => new FileId(Number()),
        1 => FileId.Of(new SessionId((uint)random.Next(8)), (uint)Number()),
        2 => FileId.Of(new SessionId((uint)Number()), 1),
        3 => new FileId(Inode().Value + (uint)random.Next(4)),
        _ => Inode(),
    };

    private ulong Number() => One(4) ? (ulong)random.NextInt64(long.MinValue, long.MaxValue) : s_numbers[random.Next(s_numbers.Length)];

    private bool One(int of) => random.Next(of) == 0;

    private byte[] RandomBytes(int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private byte[] Encode(Change change, SessionId session, SessionState current, bool lies = false)
    {
        bool stands = change.Kind is ChangeKind.Fence or ChangeKind.SessionStarted or ChangeKind.FilesystemCreated;
        change.Header = new ChangeHeader
        {
            Filesystem = lies && One(5) ? Guid.NewGuid() : s_filesystem,
            Level = lies && One(5) ? (uint)Number() : ChangeCodec.Level,
            Session = change.Kind is ChangeKind.SessionStarted or ChangeKind.FilesystemCreated ? SessionId.None : lies && One(3) ? new SessionId((uint)Number()) : session,
            Incarnation = lies && One(3) ? (uint)Number() : current.Incarnation,
            Sequence = lies && One(3) ? Number() : stands ? 0 : current.ExpectedSequence,
            TimeNs = lies && One(2) ? (long)Number() : _clockMs * 1_000_000,
            Path = lies && One(3) ? Filled(5_000, '/') : default,
        };
        return ChangeCodec.Encode(change);
    }

    private static byte[] Filled(int count, char letter) => Encoding.Latin1.GetBytes(new string(letter, count));
}
