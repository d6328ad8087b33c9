using System.Runtime.InteropServices;
using System.Text;
using KafkaFs.Differential.Calls;
using KafkaFs.Differential.Native;

namespace KafkaFs.Differential.Sides;

/// <content>What the comparison needs besides the calls themselves.</content>
internal sealed unsafe partial class Side
{
    /// <summary>Attributes of what a slot has open; default if it has nothing.</summary>
    public StatFields StatOfSlot(int slot) => StatOf(Fd(slot));

    /// <summary>The content of what a slot has open, however it was opened; by root.</summary>
    public ReadOnlySpan<byte> ContentOfSlot(int slot)
    {
        int fd;
        fixed (byte* path = Encoding.ASCII.GetBytes($"/proc/self/fd/{Fd(slot)}\0"))
        {
            fd = Libc.openat(Linux.AT_FDCWD, path, Linux.O_CLOEXEC | Linux.O_NONBLOCK, 0);
        }

        nint read = fd < 0 ? -1 : Libc.pread(fd, _buffer, BufferBytes, 0);
        if (read < 0)
        {
            throw new IOException($"The content of slot {slot} cannot be read: errno {Marshal.GetLastPInvokeError()}");
        }

        _ = Libc.close(fd);
        return new ReadOnlySpan<byte>(_buffer, (int)read);
    }

    /// <summary>Gives the extended attribute that <paramref name="call"/> set another value, or takes it away.</summary>
    public void PutXattr(Call call, ReadOnlySpan<byte> value, bool exists)
    {
        byte* name = P2(call.Path2);
        fixed (byte* bytes = value)
        {
            bool byPath = call.Kind == CallKind.SetXattr;
            _ = (byPath, exists) switch
            {
                (true, true) => Libc.lsetxattr(Absolute(call.Path), name, bytes, value.Length, 0),
                (true, false) => Libc.lremovexattr(Absolute(call.Path), name),
                (false, true) => Libc.fsetxattr(Fd(call.Slot), name, bytes, value.Length, 0),
                (false, false) => Libc.fremovexattr(Fd(call.Slot), name),
            };
        }
    }

    /// <summary>Removes everything below the subtree, as root.</summary>
    public void Empty() => Empty(_root);

    private void Empty(int directory)
    {
        List<string> names = [];
        int copy = Libc.openat(directory, P("."), Linux.O_DIRECTORY | Linux.O_CLOEXEC, 0);
        int errno = copy < 0 ? Marshal.GetLastPInvokeError() : DirectoryEntries.ReadAll(copy, names);
        _ = Libc.close(copy);
        foreach (string name in names)
        {
            if (Libc.unlinkat(directory, P(name), 0) == 0)
            {
                continue;
            }

            int child = Libc.openat(directory, P(name), Linux.O_DIRECTORY | Linux.O_NOFOLLOW | Linux.O_CLOEXEC, 0);
            if (child >= 0)
            {
                Empty(child);
                _ = Libc.close(child);
            }

            if (Libc.unlinkat(directory, P(name), Linux.AT_REMOVEDIR) != 0)
            {
                throw new IOException($"{Path}: {CallText.Escape(name)} cannot be removed: errno {Marshal.GetLastPInvokeError()}");
            }
        }

        if (errno != 0)
        {
            throw new IOException($"{Path} cannot be listed: errno {errno}");
        }
    }
}
