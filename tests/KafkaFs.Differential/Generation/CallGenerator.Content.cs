using KafkaFs.Differential.Calls;
using KafkaFs.Differential.Native;
using KafkaFs.Differential.Sides;

namespace KafkaFs.Differential.Generation;

/// <content>Calls on open files and their content.</content>
internal sealed partial class CallGenerator
{
    private const long SizeMax = 3 << 20;
    private const int MappingPages = 32;
    private static readonly int[] s_allocations =
    [
        0, 0, Linux.FALLOC_FL_KEEP_SIZE, Linux.FALLOC_FL_PUNCH_HOLE | Linux.FALLOC_FL_KEEP_SIZE, Linux.FALLOC_FL_PUNCH_HOLE | Linux.FALLOC_FL_KEEP_SIZE,
        Linux.FALLOC_FL_ZERO_RANGE, Linux.FALLOC_FL_ZERO_RANGE | Linux.FALLOC_FL_KEEP_SIZE,
    ];

    private static readonly int[] s_extraFlags =
    [
        0, 0, 0, 0, Linux.O_APPEND, Linux.O_APPEND, Linux.O_TRUNC, Linux.O_EXCL, Linux.O_SYNC, Linux.O_DIRECT, Linux.O_NOFOLLOW, Linux.O_DIRECTORY,
        Linux.O_APPEND | Linux.O_DIRECT, Linux.O_APPEND | Linux.O_TRUNC, Linux.O_APPEND | Linux.O_SYNC,
    ];

    private void AddContent()
    {
        Add(60, () => Open(NewPath(), Linux.O_CREAT));
        Add(70, () => Open(_dice.Percent(95) ? FilePath() : AnyPath(), _dice.Percent(10) ? Linux.O_CREAT : 0));
        Add(45, () => new Call { Kind = CallKind.Close, Slot = OpenSlot() });
        Add(6, () => new Call { Kind = CallKind.Dup, Slot = OpenSlot(), Slot2 = _dice.Below(Side.Slots) });
        Add(20, () => Aligned(new Call { Kind = CallKind.Read, Slot = FileSlot(), Length = Length() }));
        Add(40, () => Aligned(new Call { Kind = CallKind.Pread, Slot = FileSlot(), Offset = _dice.Place(SizeMax), Length = Length() }));
        Add(8, () => Aligned(Split(new Call { Kind = CallKind.Readv, Slot = FileSlot(), Length = Length() })));
        Add(45, () => Aligned(new Call { Kind = CallKind.Write, Slot = WritableSlot(), Length = Length(), Value = Data() }));
        Add(60, () => Aligned(new Call { Kind = CallKind.Pwrite, Slot = WritableSlot(), Offset = _dice.Place(SizeMax), Length = Length(), Value = Data() }));
        Add(10, () => Aligned(Split(new Call { Kind = CallKind.Writev, Slot = WritableSlot(), Length = Length(), Value = Data() })));
        Add(12, () => new Call { Kind = CallKind.Truncate, Path = FilePath(), Length = Size() });
        Add(22, () => new Call { Kind = CallKind.Ftruncate, Slot = WritableSlot(), Length = Size() });
        Add(16, () => new Call { Kind = CallKind.Fallocate, Slot = WritableSlot(), Flags = _dice.Pick(s_allocations), Offset = _dice.Place(SizeMax), Length = Length() });
        Add(8, Copy);
        Add(20, Seek);
        Add(16, Map);
        Add(25, () => new Call { Kind = CallKind.MapRead, Slot2 = _dice.Below(Side.Mappings), Offset = _dice.Below(MappingPages * 2_048), Length = 1 + _dice.Below(20_000) });
        Add(35, () => new Call { Kind = CallKind.MapWrite, Slot2 = _dice.Below(Side.Mappings), Offset = _dice.Below(MappingPages * 2_048), Length = _dice.Magnitude(20_000), Value = Data() });
        Add(10, () => new Call { Kind = CallKind.Msync, Slot2 = _dice.Below(Side.Mappings), Flags = _dice.Pick([Linux.MS_SYNC, Linux.MS_ASYNC, Linux.MS_SYNC | Linux.MS_INVALIDATE]) });
        Add(8, () => new Call { Kind = CallKind.Munmap, Slot2 = _dice.Below(Side.Mappings) });
    }

    private Call Open(string path, int flags)
    {
        int extra = _dice.Pick(s_extraFlags);
        bool both = (extra & (Linux.O_APPEND | Linux.O_DIRECT)) == (Linux.O_APPEND | Linux.O_DIRECT);
        extra = both && _profile.DirectAlignment > 1 ? Linux.O_APPEND : extra;
        int access = _dice.Pick([Linux.O_RDWR, Linux.O_RDWR, Linux.O_WRONLY, 0]);
        // O_CREAT with O_DIRECTORY is another error in each kernel; O_EXCL alone has no meaning.
        extra = (flags & Linux.O_CREAT) != 0 ? extra & ~Linux.O_DIRECTORY : extra & ~Linux.O_EXCL;
        return new Call { Kind = CallKind.Open, Path = path, Slot = _dice.Below(Side.Slots), Flags = access | flags | extra, Mode = _dice.Pick(s_fileModes) };
    }

    private long Length() => _dice.Percent(3) ? _dice.Magnitude(1 << 20) : _dice.Magnitude(40_000);

    private long Size() => _dice.Percent(15) ? 0 : _dice.Place(SizeMax);

    private long Data() => _dice.Below(DataBlock.Bytes - (2 << 20));

    // Value and Value2 are where the first of two parts ends.
    private Call Split(Call call)
    {
        long part = _dice.Below((int)call.Length + 1);
        return call.Kind == CallKind.Readv ? call with { Value = part } : call with { Value2 = part };
    }

    private Call Copy()
    {
        Call call = new() { Kind = CallKind.Copy, Slot = FileSlot(), Slot2 = WritableSlot(), Offset = _dice.Place(SizeMax), Value = _dice.Place(SizeMax), Length = Length() };
        bool direct = ((_model.OpenFlags[call.Slot] | _model.OpenFlags[call.Slot2]) & Linux.O_DIRECT) != 0;
        return direct && _profile.DirectAlignment > 1 ? new Call { Kind = CallKind.Fstat, Slot = call.Slot } : call;
    }

    private Call Seek()
    {
        int whence = _dice.Pick([Linux.SEEK_SET, Linux.SEEK_SET, Linux.SEEK_CUR, Linux.SEEK_END, Linux.SEEK_DATA, Linux.SEEK_HOLE]);
        long offset = whence is Linux.SEEK_CUR or Linux.SEEK_END ? _dice.Below(2_000) - 1_000 : _dice.Place(SizeMax);
        return new Call { Kind = CallKind.Seek, Slot = FileSlot(), Flags = whence, Offset = offset };
    }

    private Call Map()
    {
        int protection = _dice.Percent(70) ? Linux.PROT_READ | Linux.PROT_WRITE : Linux.PROT_READ;
        long length = (1 + _dice.Below(MappingPages)) * 4_096L;
        int slot = _dice.Percent(80) ? SlotOf(slot => _model.Open[slot] is { Kind: 'f' } && (_model.OpenFlags[slot] & 3) == Linux.O_RDWR) : FileSlot();
        return new Call { Kind = CallKind.Map, Slot = slot, Slot2 = _dice.Below(Side.Mappings), Flags = protection, Offset = _dice.Below(4) * 4_096, Length = length };
    }

    // O_DIRECT wants places and lengths that are multiples of the disk's blocks; what has no place of its own cannot be.
    private Call Aligned(Call call)
    {
        long alignment = _profile.DirectAlignment;
        if (alignment == 1 || (_model.OpenFlags[call.Slot] & Linux.O_DIRECT) == 0)
        {
            return call;
        }

        CallKind kind = call.Kind is CallKind.Read or CallKind.Readv or CallKind.Pread ? CallKind.Pread : CallKind.Pwrite;
        return call with
        {
            Kind = kind,
            Offset = call.Offset / alignment * alignment,
            Length = (call.Length + alignment - 1) / alignment * alignment,
            Value = kind == CallKind.Pread ? 0 : call.Value / alignment * alignment,
            Value2 = 0,
        };
    }
}
