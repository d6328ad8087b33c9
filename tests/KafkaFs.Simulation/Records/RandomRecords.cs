using System.Text;
using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Simulation.Model;

namespace KafkaFs.Simulation.Records;

/// <summary>
/// Records as many masters would write them, with the mistakes that a log can hold: repetitions, gaps, dead sessions, dead and
/// impossible inodes, fields out of range, garbage. Few names and few inodes, so that races are the rule. One seed, one sequence.
/// </summary>
internal sealed class RandomRecords(int seed, NaiveFilesystem model, bool withMistakes = true)
{
    private static readonly Guid s_filesystem = new("11111111-2222-3333-4444-555555555555");
    private static readonly string[] s_names = ["a", "b", "c", "d", "e"];
    private static readonly string[] s_badNames = ["", ".", "..", "x/y", "nul\0", ".kafkafs", new string('n', 255), new string('n', 256)];
    private static readonly string[] s_xattrs = ["user.a", "user.b", "trusted.t", "security.capability", "system.acl", "user.", "user." + new string('x', 250)];

    private readonly Random _random = new(seed);
    private readonly List<ulong> _used = [1, 2, 7UL << 32 | 9, 0x7fffffffUL << 32];
    private long _clockMs = 1_700_000_000_000;

    /// <summary>Append time of the record, milliseconds since 1970.</summary>
    public long AppendTimeMs { get; private set; }

    /// <summary>The next record.</summary>
    public byte[] Next()
    {
        _clockMs += _random.Next(3);
        AppendTimeMs = Mistake(500) ? Extreme() : _clockMs;
        if (!model.Created)
        {
            return Encode(new Change { Kind = ChangeKind.FilesystemCreated, Mode = 0x1ed, Limits = One(3) ? OtherLimits() : Limits.Default }, 0, 0, 0);
        }

        if (model.Sessions.Count == 0 || One(40))
        {
            return StartOrEnd();
        }

        byte[] record = InSession();
        if (withMistakes && One(40))
        {
            return Damaged(record);
        }

        return record;
    }

    private bool One(int of) => _random.Next(of) == 0;

    private bool Mistake(int of) => withMistakes && One(of);

    private byte[] StartOrEnd()
    {
        uint session = AnySession();
        ModelSession? state = model.Sessions.GetValueOrDefault(session);
        switch (_random.Next(state is null ? 1 : 5))
        {
            case 1:
                Change fence = new() { Kind = ChangeKind.Fence, NewIncarnation = (uint)(state!.Incarnation + _random.Next(3)) };
                return Encode(fence, session, state.Incarnation, Mistake(5) ? state.Next : 0);
            case 4 when withMistakes: // one that is accepted would end the log for software of this level
                return Encode(new Change { Kind = ChangeKind.FormatRaised, NewLevel = (uint)_random.Next(2) }, session, state!.Incarnation, state.Next);
            case 2 when model.Sessions.Count > 2:
                return Encode(new Change { Kind = ChangeKind.SessionEnded, Closes = new SessionId(One(2) ? 0 : AnySession()) }, session, state!.Incarnation, state.Next);
            default:
                Guid master = new(1 + _random.Next(4), 0, 0, [0, 0, 0, 0, 0, 0, 0, 1]);
                ulong run = model.Runs.GetValueOrDefault(master) + (Mistake(5) ? 0UL : 1UL);
                return Encode(new Change { Kind = ChangeKind.SessionStarted, Master = master, Run = run, Uuid = new Guid(_random.Next(), 0, 1, new byte[8]) }, 0, 0, 0);
        }
    }

    private byte[] InSession()
    {
        uint session = Mistake(50) ? (uint)_random.Next(9) : AnySession();
        ModelSession state = model.Sessions.GetValueOrDefault(session) ?? new ModelSession { Master = Guid.Empty };
        ulong sequence = Mistake(12) ? state.Next + (ulong)_random.Next(4) - Math.Min(state.Next, 2) : state.Next;
        Change change = Kind();
        if (change.Kind is ChangeKind.Create or ChangeKind.Mkdir or ChangeKind.Mknod or ChangeKind.Symlink)
        {
            uint counter = state.LastCounter + 1 + (uint)(One(10) ? _random.Next(3) : 0);
            change.Inode = Mistake(30) ? new FileId(AnyInode()) : FileId.Of(new SessionId(session), counter);
            _used.Add(change.Inode.Value);
        }

        return Encode(change, session, Mistake(60) ? state.Incarnation + 1 : state.Incarnation, sequence);
    }

    private Change Kind()
    {
        switch (_random.Next(20))
        {
            case 0 or 1 or 2:
                return Make(ChangeKind.Create);
            case 3 or 4:
                return Make(ChangeKind.Mkdir);
            case 5:
                return Make(One(2) ? ChangeKind.Mknod : ChangeKind.Symlink);
            case 6:
                return new Change { Kind = ChangeKind.Link, Inode = new FileId(AnyInode()), Parent = AnyDirectory(), Name = Name() };
            case 7 or 8:
                return new Change { Kind = One(3) ? ChangeKind.Rmdir : ChangeKind.Unlink, Parent = AnyDirectory(), Name = Name() };
            case 9 or 10 or 11 or 12:
                return new Change
                {
                    Kind = ChangeKind.Rename,
                    Parent = AnyDirectory(),
                    Name = Name(),
                    NewParent = AnyDirectory(),
                    NewName = Name(),
                    Flags = (ChangeFlags)(One(3) ? 64 << _random.Next(Mistakes(3, 2)) : 0),
                };
            case 13 or 14 or 15:
                return Content();
            case 16 or 17:
                return SetAttr();
            default:
                return Xattr();
        }
    }

    private int Mistakes(int with, int without) => withMistakes ? with : without;

    private Change Make(ChangeKind kind) => new()
    {
        Kind = kind,
        Parent = AnyDirectory(),
        Name = Name(),
        Mode = kind == ChangeKind.Symlink ? 0 : (uint)_random.Next(0x1000),
        Uid = (uint)_random.Next(3),
        Gid = (uint)_random.Next(3),
        Type = kind == ChangeKind.Mknod ? new uint[] { 1, 2, 6, 12, (uint)Mistakes(4, 1) }[_random.Next(5)] : 0,
        Rdev = kind == ChangeKind.Mknod ? Device() : 0,
        Data = kind == ChangeKind.Symlink ? Bytes(1, 40) : default,
    };

    private Change Content() => _random.Next(4) switch
    {
        0 => new Change { Kind = ChangeKind.Truncate, Inode = new FileId(AnyInode()), Size = Place(), Flags = Kill() },
        1 => new Change
        {
            Kind = ChangeKind.Allocate,
            Inode = new FileId(AnyInode()),
            Mode = new uint[] { 0, 1, 3, 16, 17, (uint)Mistakes(8, 0) }[_random.Next(6)],
            Offset = Place(),
            Length = (ulong)_random.Next(Mistakes(0, 1), 64),
            Flags = Kill(),
        },
        _ => new Change
        {
            Kind = ChangeKind.Write,
            Inode = new FileId(AnyInode()),
            Offset = Place(),
            Data = Bytes(Mistakes(0, 1), 32),
            Flags = Kill() | (One(3) ? ChangeFlags.Append : 0),
        },
    };

    private Change SetAttr()
    {
        bool atime = One(3), mtime = One(3);
        return new Change
        {
            Kind = ChangeKind.SetAttr,
            Inode = new FileId(AnyInode()),
            HasMode = One(2),
            Mode = (uint)_random.Next(0x1000 + Mistakes(16, 0)),
            HasUid = One(3),
            Uid = Mistake(30) ? uint.MaxValue : (uint)_random.Next(3),
            HasGid = One(3),
            Gid = (uint)_random.Next(3),
            HasAtime = atime,
            AtimeNs = Time(),
            HasMtime = mtime,
            MtimeNs = Time(),
            Flags = Kill() | (One(5) && (!atime || withMistakes) ? ChangeFlags.AtimeNow : 0) | (One(5) && (!mtime || withMistakes) ? ChangeFlags.MtimeNow : 0),
        };
    }

    private Change Xattr()
    {
        byte[] name = Encoding.Latin1.GetBytes(s_xattrs[_random.Next(withMistakes ? s_xattrs.Length : 2)]);
        byte[] value = Mistake(20) ? new byte[4_000] : Bytes(0, 24).ToArray();
        if (name.Length == "security.capability".Length && !Mistake(4))
        {
            value = Capability();
        }

        return One(3)
            ? new Change { Kind = ChangeKind.RemoveXattr, Inode = new FileId(AnyInode()), Name = name }
            : new Change { Kind = ChangeKind.SetXattr, Inode = new FileId(AnyInode()), Name = name, Data = value, Flags = (ChangeFlags)(One(3) ? 16 << _random.Next(2) : 0) };
    }

    // Revision 2 or 3, mostly as Linux takes it.
    private byte[] Capability()
    {
        int revision = _random.Next(2, 4);
        byte[] value = new byte[revision == 2 || Mistake(10) ? 20 : 24];
        (value[0], value[3]) = ((byte)_random.Next(2), (byte)revision);
        value[^1] = (byte)(One(3) ? 0 : 1);
        if (Mistake(6))
        {
            value[_random.Next(4)] ^= (byte)(1 << _random.Next(8));
        }

        if (Mistake(6))
        {
            value.AsSpan(^4..).Fill(0xff);
        }

        return value;
    }

    private uint Device() => _random.Next(Mistakes(4, 2)) switch
    {
        0 => 0x103,
        1 => 0x3ff1ffff, // the largest of both
        2 => 1u << _random.Next(32),
        _ => (uint)_random.NextInt64(1L << 32),
    };

    private Limits OtherLimits() => new()
    {
        NameMax = (uint)_random.Next(Mistakes(0, 1), 256),
        SymlinkMax = (uint)_random.Next(1, 4_096),
        LinkMax = (uint)_random.Next(1, 4),
        XattrNameMax = (uint)_random.Next(7, 256),
        XattrValueMax = (uint)_random.Next(40),
        XattrTotalMax = (uint)_random.Next(200),
        FileSizeMax = (ulong)_random.Next(300),
        TimeMinS = Mistake(20) ? Extreme() : One(2) ? -Limits.TimeBoundS : 1_600_000_000 + _random.Next(500),
        TimeMaxS = Mistake(20) ? Extreme() : One(2) ? Limits.TimeBoundS : 1_600_000_500 + _random.NextInt64(200_000_000),
    };

    private long Extreme() => _random.Next(4) switch
    {
        0 => long.MaxValue - _random.Next(2),
        1 => long.MinValue + _random.Next(2),
        2 => 9_223_372_036_854 + _random.Next(2),
        _ => -_random.Next(2),
    };

    private ChangeFlags Kill() => One(4) ? ChangeFlags.KillSuidGid : 0;

    private ulong Place() => Mistake(30) ? (1UL << 44) + (ulong)_random.Next(9) : Mistake(60) ? ulong.MaxValue - (ulong)_random.Next(9) : (ulong)_random.Next(200);

    private long Time() => Mistake(10) ? (One(2) ? long.MinValue : long.MaxValue) : (1_600_000_000L + _random.Next(1_000)) * 1_000_000_000 + _random.Next(1_000_000_000);

    private ReadOnlySpan<byte> Bytes(int min, int max)
    {
        byte[] bytes = new byte[_random.Next(min, max)];
        foreach (ref byte value in bytes.AsSpan())
        {
            value = (byte)_random.Next('A', 'Z' + 1);
        }

        return bytes;
    }

    private ReadOnlySpan<byte> Name() =>
        Encoding.Latin1.GetBytes(Mistake(30) ? s_badNames[_random.Next(s_badNames.Length)] : s_names[_random.Next(s_names.Length)]);

    private uint AnySession() => model.Sessions.Count == 0 ? 0 : model.Sessions.Keys.ElementAt(_random.Next(model.Sessions.Count));

    private ulong AnyInode() => One(8) ? _used[_random.Next(_used.Count)] : model.Inodes.Keys.ElementAt(_random.Next(model.Inodes.Count));

    private FileId AnyDirectory()
    {
        if (Mistake(15))
        {
            return new FileId(AnyInode());
        }

        ulong[] directories = [.. model.Inodes.Values.Where(inode => inode.IsDirectory).Select(inode => inode.Id)];
        return new FileId(directories[_random.Next(directories.Length)]);
    }

    private byte[] Encode(Change change, uint session, uint incarnation, ulong sequence)
    {
        change.Header.Filesystem = Mistake(100) ? Guid.NewGuid() : s_filesystem;
        change.Header.Filesystem = change.Kind == ChangeKind.FilesystemCreated ? s_filesystem : change.Header.Filesystem;
        change.Header.Level = Mistake(100) && model.Created ? 2u : 1u;
        change.Header.Session = new SessionId(session);
        change.Header.Incarnation = incarnation;
        change.Header.Sequence = sequence;
        change.Header.TimeNs = (_clockMs * 1_000_000) + _random.Next(2_000_000) + (Mistake(20) ? 100_000_000_000 : 0) - (One(20) ? 5_000_000_000 : 0);
        change.Header.TimeNs = Mistake(1_000) ? Extreme() : change.Header.TimeNs;
        return ChangeCodec.Encode(change);
    }

    private byte[] Damaged(byte[] record)
    {
        if (One(3))
        {
            return record[.._random.Next(record.Length)];
        }

        byte[] damaged = [.. record];
        for (int count = _random.Next(1, 4); count > 0; count--)
        {
            damaged[_random.Next(damaged.Length)] ^= (byte)(1 << _random.Next(8));
        }

        return damaged;
    }
}
