using KafkaFs.Differential.Calls;
using KafkaFs.Differential.Native;

namespace KafkaFs.Differential.Sides;

/// <content>Shared mappings.</content>
internal sealed unsafe partial class Side
{
    private readonly (nint Address, long Length, int Fd, long Offset)[] _maps = new (nint, long, int, long)[Mappings];

    private Outcome ExecuteOnMapping(Call call)
    {
        ref (nint Address, long Length, int Fd, long Offset) map = ref _maps[call.Slot2];
        if (call.Kind == CallKind.Map)
        {
            return Map(call);
        }

        if (map.Address == 0 || call.Offset + call.Length > map.Length)
        {
            return new Outcome(Linux.EINVAL, -1);
        }

        byte* at = (byte*)map.Address + call.Offset;
        switch (call.Kind)
        {
            case CallKind.MapRead:
                nint taken = Libc.pwrite(Data.Sink, at, (nint)call.Length, 0);
                return taken < 0 ? Of(taken) : OfRead(Libc.pread(Data.Sink, _buffer, taken, 0));
            case CallKind.MapWrite:
                return Of(Libc.pread(Data.Source, at, (nint)StoreLength(call, map.Fd, map.Offset), call.Value));
            case CallKind.Msync:
                return Of(Libc.msync((byte*)map.Address, (nint)map.Length, call.Flags));
            default:
                return Of(Unmap(call.Slot2));
        }
    }

    private Outcome Map(Call call)
    {
        Unmap(call.Slot2);
        byte* address = Libc.mmap(null, (nint)call.Length, call.Flags, Linux.MAP_SHARED, Fd(call.Slot), call.Offset);
        if ((nint)address == -1)
        {
            return Of(-1);
        }

        // The descriptor is for the size: the slot may be closed before the mapping.
        _maps[call.Slot2] = ((nint)address, call.Length, Libc.dup(Fd(call.Slot)), call.Offset);
        return Of(0);
    }

    /// <summary>
    /// What is stored behind the end of a file but in its last page shows up on some filesystems when the file grows, and POSIX leaves it
    /// open: such bytes are not stored. Whole pages behind the end are tried, and give EFAULT.
    /// </summary>
    private long StoreLength(Call call, int fd, long mapOffset)
    {
        long size = StatOf(fd).Size, begin = mapOffset + call.Offset;
        long lastPageEnd = (size + 4_095) / 4_096 * 4_096;
        return begin >= lastPageEnd ? call.Length : Math.Clamp(size - begin, 0, call.Length);
    }

    private int Unmap(int slot)
    {
        (nint address, long length, int fd, _) = _maps[slot];
        if (address == 0)
        {
            return 0;
        }

        _maps[slot] = default;
        int result = Libc.munmap((byte*)address, (nint)length);
        _ = Libc.close(fd);
        return result;
    }
}
