using System.Text;
using KafkaFs.Differential.Calls;
using KafkaFs.Differential.Native;

namespace KafkaFs.Differential.Sides;

/// <content>Attributes, extended ones among them.</content>
internal sealed unsafe partial class Side
{
    private Outcome ExecuteOnAttributes(Call call)
    {
        int fd = Fd(call.Slot);
        switch (call.Kind)
        {
            case CallKind.Fsync:
                return Of(Libc.fsync(fd));
            case CallKind.Fdatasync:
                return Of(Libc.fdatasync(fd));
            case CallKind.Chmod:
                return Of(Libc.fchmodat(_root, P(call.Path), call.Mode, 0));
            case CallKind.Fchmod:
                return Of(Libc.fchmod(fd, call.Mode));
            case CallKind.Chown:
                return Of(Libc.fchownat(_root, P(call.Path), (uint)call.Value, (uint)call.Value2, call.Flags));
            case CallKind.Fchown:
                return Of(Libc.fchown(fd, (uint)call.Value, (uint)call.Value2));
            case CallKind.Utimens:
                return SetTimes(call, -1);
            case CallKind.Futimens:
                return SetTimes(call, fd);
            default:
                return ExecuteOnXattrs(call, fd);
        }
    }

    // Value and Value2 are seconds; Length and Offset the nanoseconds, or UTIME_NOW, UTIME_OMIT.
    private Outcome SetTimes(Call call, int fd)
    {
        long* times = stackalloc long[4] { call.Value, call.Offset, call.Value2, call.Length };
        return Of(call.Kind == CallKind.Utimens ? Libc.utimensat(_root, P(call.Path), times, call.Flags) : Libc.futimens(fd, times));
    }

    private Outcome ExecuteOnXattrs(Call call, int fd)
    {
        byte* name = P2(call.Path2), value = Data.At(call.Value);
        nint size = (nint)call.Length;
        return call.Kind switch
        {
            CallKind.SetXattr => Of(Libc.lsetxattr(Absolute(call.Path), name, value, size, call.Flags)),
            CallKind.FsetXattr => Of(Libc.fsetxattr(fd, name, value, size, call.Flags)),
            CallKind.GetXattr => OfXattr(Libc.lgetxattr(Absolute(call.Path), name, _buffer, size), size),
            CallKind.FgetXattr => OfXattr(Libc.fgetxattr(fd, name, _buffer, size), size),
            CallKind.ListXattr => SortedList(Libc.llistxattr(Absolute(call.Path), _buffer, BufferBytes)),
            CallKind.FlistXattr => SortedList(Libc.flistxattr(fd, _buffer, BufferBytes)),
            CallKind.RemoveXattr => Of(Libc.lremovexattr(Absolute(call.Path), name)),
            _ => Of(Libc.fremovexattr(fd, name)),
        };
    }

    private static Outcome OfXattr(nint length, nint size) => Of(length, length > 0 && size > 0 ? (int)length : 0);

    // The order is the filesystem's choice, and so are names of its own.
    private Outcome SortedList(nint length)
    {
        if (length < 0)
        {
            return Of(length);
        }

        string[] names = Encoding.Latin1.GetString(_buffer, (int)length).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        return Text(names.Where(static name => name.StartsWith("user.", StringComparison.Ordinal) || name.StartsWith("trusted.", StringComparison.Ordinal)));
    }

    private Outcome Text(IEnumerable<string> lines)
    {
        string text = string.Join('\0', lines.Order(StringComparer.Ordinal));
        return new Outcome(0, 0, Encoding.Latin1.GetBytes(text, new Span<byte>(_buffer, BufferBytes)));
    }
}
