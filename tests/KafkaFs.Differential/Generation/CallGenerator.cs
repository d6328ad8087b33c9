using KafkaFs.Differential.Calls;
using KafkaFs.Differential.Model;
using KafkaFs.Differential.Sides;

namespace KafkaFs.Differential.Generation;

/// <summary>
/// Makes up the next call of a worker from chance and the model: mostly one that succeeds, on files that are in use already, and often a
/// question about what the last one changed, by another way than it was changed.
/// </summary>
internal sealed partial class CallGenerator
{
    private const int EntriesMax = 400;
    private const int DepthMax = 5;
    private const int OrdinaryPercent = 12;
    private static readonly int[] s_users = [1_000, 1_001];
    private static readonly uint[] s_fileModes = [0x1a4, 0x180, 0x1b6, 0, 0x1ed, 0x9ed, 0xdff, 0x5ed, 0x124, 0x3a4];
    private static readonly uint[] s_directoryModes = [0x1ed, 0x1ff, 0x1c0, 0x3ff, 0x5fd, 0x1c9];

    private readonly Dice _dice;
    private readonly NameModel _model;
    private readonly SideProfile _profile;
    private readonly bool _hasUsers;
    private readonly List<Func<Call>> _table = [];
    private Call? _last;

    /// <param name="hasUsers">The process may act as ordinary users: it is root.</param>
    public CallGenerator(Dice dice, NameModel model, SideProfile profile, bool hasUsers)
    {
        (_dice, _model, _profile, _hasUsers) = (dice, model, profile, hasUsers);
        AddNames();
        AddContent();
        AddAttributes();
        AddQuestions();
    }

    public Call Next()
    {
        Call call = (_last is not null && _dice.Percent(35) ? AskAbout(_last) : null) ?? (_model.Entries.Count > EntriesMax ? Removal() : _dice.Pick(_table)());
        if (_hasUsers && !IsForRoot(call) && _dice.Percent(OrdinaryPercent))
        {
            call = call with { User = _dice.Pick(s_users) };
        }

        _last = call;
        return call;
    }

    // xfs leaves suid where an ordinary user truncates to the size that there is. A chown that names nobody is EPERM for who is not the
    // owner if suid would go; where somebody has the file open for writing a daemon cannot tell it from what the kernel sends before a write.
    private bool IsForRoot(Call call) => call.Kind switch
    {
        CallKind.Truncate or CallKind.Ftruncate => _profile.HasXfs,
        CallKind.Chown or CallKind.Fchown => call is { Value: -1, Value2: -1 },
        _ => false,
    };

    private void Add(int weight, Func<Call> make)
    {
        for (int index = 0; index < weight; index++)
        {
            _table.Add(make);
        }
    }

    private Call Removal() => _dice.Percent(60)
        ? new Call { Kind = CallKind.Unlink, Path = PathOf(static kind => kind != 'd') }
        : new Call { Kind = CallKind.Rmdir, Path = EmptyDirectory() };

    /// <summary>A question whose answer the last call may have changed; null if there is none.</summary>
    private Call? AskAbout(Call last)
    {
        if (last.Slot >= 0 && _model.Open[last.Slot] is { Kind: 'f' } file)
        {
            return AskAboutFile(file, last);
        }

        return last.Path.Length == 0 || last.Path == "." ? null : _dice.Below(5) switch
        {
            0 => new Call { Kind = CallKind.Lstat, Path = last.Path2.Length > 0 && last.Kind is CallKind.Rename or CallKind.Link ? last.Path2 : last.Path },
            1 => new Call { Kind = CallKind.Stat, Path = last.Path },
            2 => new Call { Kind = CallKind.List, Path = Above(last.Path) },
            3 => new Call { Kind = CallKind.Lstat, Path = Above(last.Path) },
            _ => new Call { Kind = CallKind.Statx, Path = last.Path },
        };
    }

    private Call AskAboutFile(ModelInode file, Call last)
    {
        int other = SlotOf(slot => _model.Open[slot] == file);
        ModelEntry? name = _model.Entries.Find(entry => entry.Inode == file);
        string path = name?.Path ?? "missing";
        return _dice.Below(8) switch
        {
            0 => new Call { Kind = CallKind.Stat, Path = path },
            1 => new Call { Kind = CallKind.Fstat, Slot = other },
            2 => new Call { Kind = CallKind.Seek, Slot = other, Flags = Native.Linux.SEEK_END },
            3 or 4 => new Call { Kind = CallKind.Content, Path = path },
            5 => Aligned(new Call { Kind = CallKind.Pread, Slot = other, Offset = Math.Max(0, last.Offset - _dice.Below(5_000)), Length = last.Length + _dice.Below(10_000) }),
            6 => new Call { Kind = CallKind.MapRead, Slot2 = _dice.Below(Side.Mappings), Offset = _dice.Below(8_192), Length = 1 + _dice.Below(8_192) },
            _ => new Call { Kind = CallKind.Statx, Path = path },
        };
    }

    private static string Above(string path)
    {
        int slash = path.TrimEnd('/').LastIndexOf('/');
        return slash <= 0 ? "." : path[..slash];
    }

    /// <summary>A path that exists, of a kind, or now and then any.</summary>
    private string PathOf(Func<char, bool> isMeant)
    {
        for (int attempt = 0; attempt < 12 && _model.Entries.Count > 0; attempt++)
        {
            ModelEntry entry = _dice.Pick(_model.Entries);
            if (isMeant(entry.Inode.Kind))
            {
                return _dice.Percent(1) ? entry.Path + "/" : entry.Path;
            }
        }

        return NewPath();
    }

    private string AnyPath() => _dice.Percent(93) ? PathOf(static _ => true) : NewPath();

    private string FilePath()
    {
        // Files that are open are in use: calls on them meet.
        ModelInode? open = _dice.Percent(50) ? _model.Open[_dice.Below(Side.Slots)] : null;
        ModelEntry? entry = open is null ? null : _model.Entries.Find(entry => entry.Inode == open);
        return entry?.Path ?? PathOf(static kind => kind is 'f');
    }

    private string DirectoryPath() => _dice.Percent(15) ? "." : PathOf(static kind => kind == 'd');

    private string EmptyDirectory()
    {
        for (int attempt = 0; attempt < 20 && _model.Entries.Count > 0; attempt++)
        {
            ModelEntry entry = _dice.Pick(_model.Entries);
            if (entry.Inode.Kind == 'd' && entry.Inode.Names.Count == 0)
            {
                return entry.Path;
            }
        }

        return DirectoryPath();
    }

    /// <summary>A name of the pool in some directory, now and then through a symlink.</summary>
    private string NewPath()
    {
        string name = NamePool.Pick(_dice);
        for (int attempt = 0; attempt < 5 && _model.Entries.Count > 0 && !_dice.Percent(20); attempt++)
        {
            ModelEntry entry = _dice.Pick(_model.Entries);
            if ((entry.Inode.Kind == 'd' && entry.Depth < DepthMax) || (entry.Inode.Kind == 'l' && _dice.Percent(3)))
            {
                return entry.Path + "/" + name;
            }
        }

        return name;
    }

    private int SlotOf(Func<int, bool> isMeant)
    {
        int first = _dice.Below(Side.Slots);
        for (int step = 0; step < Side.Slots; step++)
        {
            int slot = (first + step) % Side.Slots;
            if (isMeant(slot))
            {
                return slot;
            }
        }

        return first;
    }

    private int FileSlot() => SlotOf(slot => _model.Open[slot] is { Kind: 'f' });

    private int WritableSlot() => SlotOf(slot => _model.Open[slot] is { Kind: 'f' } && (_model.OpenFlags[slot] & 3) != 0);

    private int OpenSlot() => _dice.Percent(98) ? SlotOf(slot => _model.Open[slot] is not null) : _dice.Below(Side.Slots);
}
