using System.Runtime.InteropServices;
using KafkaFs.Differential.Calls;
using KafkaFs.Differential.Native;

namespace KafkaFs.Differential.Sides;

/// <content>Open files and what is in them.</content>
internal sealed unsafe partial class Side
{
    private Outcome ExecuteOnContent(Call call)
    {
        int fd = Fd(call.Slot), length = (int)call.Length;
        switch (call.Kind)
        {
            case CallKind.Open:
                return Install(call.Slot, Libc.openat(_root, P(call.Path), call.Flags | Linux.O_CLOEXEC | Linux.O_NONBLOCK, call.Mode));
            case CallKind.Close:
                _fds[call.Slot] = -1;
                return Of(Libc.close(fd));
            case CallKind.Dup:
                return call.Slot == call.Slot2 ? Of(0) : Install(call.Slot2, Libc.dup(fd));
            case CallKind.Read:
                return OfRead(Libc.read(fd, _buffer, length));
            case CallKind.Pread:
                return OfRead(Libc.pread(fd, _buffer, length, call.Offset));
            case CallKind.Readv:
                IoVector* into = stackalloc IoVector[2] { new() { Base = _buffer, Length = (nint)call.Value }, new() { Base = _buffer + call.Value, Length = length - (nint)call.Value } };
                return OfRead(Libc.readv(fd, into, 2));
            case CallKind.Write:
                return WriteAll(call, 0, fd, WriteRest);
            case CallKind.Pwrite:
                return WriteAll(call, 0, fd, PwriteRest);
            case CallKind.Writev:
                byte* data = Data.At(call.Value);
                IoVector* from = stackalloc IoVector[2] { new() { Base = data, Length = (nint)call.Value2 }, new() { Base = data + call.Value2, Length = length - (nint)call.Value2 } };
                long first = Libc.writev(fd, from, 2);
                return first < 0 || first == length ? Of(first) : WriteAll(call, first, fd, WriteRest);
            case CallKind.Truncate:
                return Of(Libc.truncate(Absolute(call.Path), call.Length));
            case CallKind.Ftruncate:
                return Of(Libc.ftruncate(fd, call.Length));
            case CallKind.Fallocate:
                return Allocate(call, fd);
            case CallKind.Copy:
                return Copy(call, fd);
            default:
                return Of(Libc.lseek(fd, call.Offset, call.Flags));
        }
    }

    private Outcome Install(int slot, int fd)
    {
        Outcome outcome = Of(fd < 0 ? fd : 0);
        if (_fds[slot] >= 0)
        {
            _ = Libc.close(_fds[slot]);
        }

        _fds[slot] = fd;
        return outcome;
    }

    private static Outcome OfRead(nint read) => Of(read, (int)Math.Max(read, 0));

    // A signal may end a write early (the runtime uses some): what is left is written then. A second part that fails ends it.
    private Outcome WriteAll(Call call, long done, int fd, Func<Call, int, long, nint> write)
    {
        while (true)
        {
            nint written = write(call, fd, done);
            if (written < 0 && done == 0)
            {
                return Of(written);
            }

            done += Math.Max(written, 0);
            if (done >= call.Length || (written <= 0 && Marshal.GetLastPInvokeError() != Linux.EINTR))
            {
                return Of(done);
            }

            ShortWrites++;
        }
    }

    private nint WriteRest(Call call, int fd, long done) => Libc.write(fd, Data.At(call.Value + done), (nint)(call.Length - done));

    private nint PwriteRest(Call call, int fd, long done) => Libc.pwrite(fd, Data.At(call.Value + done), (nint)(call.Length - done), call.Offset + done);

    private Outcome Allocate(Call call, int fd)
    {
        if (!LacksZeroRange || (call.Flags & Linux.FALLOC_FL_ZERO_RANGE) == 0)
        {
            return Of(Libc.fallocate(fd, call.Flags, call.Offset, call.Length));
        }

        const int punch = Linux.FALLOC_FL_PUNCH_HOLE | Linux.FALLOC_FL_KEEP_SIZE;
        Outcome punched = Of(Libc.fallocate(fd, punch, call.Offset, call.Length));
        long end = call.Offset + call.Length;
        bool grows = punched.Succeeded && (call.Flags & Linux.FALLOC_FL_KEEP_SIZE) == 0 && StatOf(fd).Size < end;
        return grows ? Of(Libc.ftruncate(fd, end)) : punched;
    }

    // How much one call copies is the filesystem's choice: all of it counts.
    private Outcome Copy(Call call, int fd)
    {
        long from = call.Offset, to = call.Value, done = 0;
        while (true)
        {
            nint copied = Libc.copy_file_range(fd, &from, Fd(call.Slot2), &to, (nint)(call.Length - done), 0);
            if (copied < 0 && done == 0)
            {
                return Of(copied);
            }

            done += Math.Max(copied, 0);
            if (copied <= 0 || done >= call.Length)
            {
                return Of(done);
            }
        }
    }

    private StatFields StatOf(int fd)
    {
        byte* stat = stackalloc byte[StatFields.NativeBytes];
        return Libc.fstat(fd, stat) == 0 ? StatFields.FromStat(stat) : default;
    }
}
