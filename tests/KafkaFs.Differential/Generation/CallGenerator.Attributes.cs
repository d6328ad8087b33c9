using KafkaFs.Differential.Calls;
using KafkaFs.Differential.Native;

namespace KafkaFs.Differential.Generation;

/// <content>Calls on attributes, extended ones among them, and questions.</content>
internal sealed partial class CallGenerator
{
    private static readonly string[] s_xattrs = ["user.a", "user.b", "user.\xff\xfe", "trusted.t", "user." + new string('x', 200), "user.c"];
    private static readonly long[] s_ids = [0, 1_000, 1_001, -1];
    private static readonly int[] s_xattrFlags = [0, 0, 0, Linux.XATTR_CREATE, Linux.XATTR_REPLACE];

    private void AddAttributes()
    {
        Add(4, () => new Call { Kind = CallKind.Fsync, Slot = OpenSlot() });
        Add(3, () => new Call { Kind = CallKind.Fdatasync, Slot = OpenSlot() });
        Add(14, () => Chmod(new Call { Kind = CallKind.Chmod, Path = AnyPath() }));
        Add(5, () => Chmod(new Call { Kind = CallKind.Fchmod, Slot = OpenSlot() }));
        Add(12, () => Chown(new Call { Kind = CallKind.Chown, Path = AnyPath(), Flags = _dice.Percent(50) ? Linux.AT_SYMLINK_NOFOLLOW : 0 }));
        Add(4, () => Chown(new Call { Kind = CallKind.Fchown, Slot = OpenSlot() }));
        Add(16, () => Times(new Call { Kind = CallKind.Utimens, Path = AnyPath(), Flags = _dice.Percent(50) ? Linux.AT_SYMLINK_NOFOLLOW : 0 }));
        Add(6, () => Times(new Call { Kind = CallKind.Futimens, Slot = OpenSlot() }));
        Add(12, () => SetXattr(new Call { Kind = CallKind.SetXattr, Path = AnyPath() }));
        Add(4, () => SetXattr(new Call { Kind = CallKind.FsetXattr, Slot = OpenSlot() }));
        Add(10, () => Named(new Call { Kind = CallKind.GetXattr, Path = AnyPath() }) with { Length = _dice.Percent(70) ? 8_192 : _dice.Below(40) });
        Add(4, () => Named(new Call { Kind = CallKind.FgetXattr, Slot = OpenSlot() }) with { Length = 8_192 });
        Add(6, () => new Call { Kind = CallKind.ListXattr, Path = AnyPath() });
        Add(3, () => new Call { Kind = CallKind.FlistXattr, Slot = OpenSlot() });
        Add(6, () => Named(new Call { Kind = CallKind.RemoveXattr, Path = AnyPath() }));
        Add(3, () => Named(new Call { Kind = CallKind.FremoveXattr, Slot = OpenSlot() }));
    }

    private void AddQuestions()
    {
        Add(15, () => new Call { Kind = CallKind.Stat, Path = AnyPath() });
        Add(15, () => new Call { Kind = CallKind.Lstat, Path = AnyPath() });
        Add(15, () => new Call { Kind = CallKind.Fstat, Slot = OpenSlot() });
        Add(8, () => new Call { Kind = CallKind.Statx, Path = AnyPath(), Flags = _dice.Pick([0, Linux.AT_STATX_FORCE_SYNC, Linux.AT_STATX_DONT_SYNC]) });
        Add(10, () => new Call { Kind = CallKind.Access, Path = AnyPath(), Mode = (uint)_dice.Below(8), Flags = _dice.Pick([0, Linux.AT_EACCESS]) });
        Add(6, () => new Call { Kind = CallKind.Readlink, Path = _dice.Percent(85) ? PathOf(static kind => kind == 'l') : AnyPath() });
        Add(10, () => new Call { Kind = CallKind.List, Path = DirectoryPath() });
        Add(15, () => new Call { Kind = CallKind.Content, Path = FilePath() });
        Add(6, () => new Call { Kind = CallKind.DirOpen, Path = DirectoryPath(), Slot = _dice.Below(Sides.Side.Slots) });
        Add(12, () => new Call { Kind = CallKind.DirRead, Slot = DirectorySlot(), Length = 280 + _dice.Below(600) });
        Add(6, () => new Call { Kind = CallKind.DirRest, Slot = DirectorySlot() });
    }

    private int DirectorySlot() => SlotOf(slot => _model.ScanOf(slot) is not null);

    private Call Chmod(Call call) => call with { Mode = _dice.Pick(_dice.Percent(50) ? s_fileModes : s_directoryModes) };

    private Call Chown(Call call) => call with { Value = _dice.Pick(s_ids), Value2 = _dice.Pick(s_ids) };

    private Call Times(Call call)
    {
        (long accessed, long accessedNs) = Time();
        (long modified, long modifiedNs) = Time();
        return call with { Value = accessed, Offset = accessedNs, Value2 = modified, Length = modifiedNs };
    }

    // The years 2001 to 2004 are nobody's present: a time among them was set. A few are at the edges of 32 bits.
    private (long Seconds, long Nanoseconds) Time() => _dice.Below(12) switch
    {
        0 => (0, Linux.UTIME_NOW),
        1 => (0, Linux.UTIME_OMIT),
        2 => (_dice.Pick([0L, -1L, -100_000_000L, 4_294_967_296L, 8_000_000_000L]), _dice.Below(1_000_000_000)),
        _ => (1_000_000_000L + _dice.Below(100_000_000), _dice.Below(1_000_000_000)),
    };

    // Symlinks may have trusted ones on some filesystems; KafkaFS takes none (docs/format.md), so that is not asked.
    private Call Named(Call call)
    {
        string name = _dice.Percent(96) ? _dice.Pick(s_xattrs) : _dice.Pick(["other.a", "user.", "user." + new string('y', 251)]);
        bool isLink = name[0] == 't' && call.Path.Length > 0 && call.Path[^1] != '/' && _model.Entries.Exists(entry => entry.Inode.Kind == 'l' && entry.Path == call.Path);
        return call with { Path2 = isLink ? "user.a" : name };
    }

    private Call SetXattr(Call call) => Named(call) with
    {
        Length = _dice.Percent(5) ? _dice.Below(4_097) : _dice.Below(300),
        Value = Data(),
        Flags = _dice.Pick(s_xattrFlags),
    };
}
