using System.Runtime.InteropServices;
using KafkaFs.Posix.Files;

namespace KafkaFs.Posix.Mounting;

/// <summary>mount(2), umount2(2), and what passes a descriptor between processes. Each returns 0 or the error number.</summary>
public static unsafe partial class MountCalls
{
    public const ulong NoSuid = 2;
    public const ulong NoDev = 4;

    private const int Force = 1;
    private const int Detach = 2;

    public static Errno Mount(string source, string target, string type, ulong flags, string data) =>
        FileCalls.ToErrno(mount(source, target, type, flags, data));

    /// <summary>umount2(2) with MNT_DETACH: the path is free at once, open files live on.</summary>
    public static Errno UnmountLazily(string target) => FileCalls.ToErrno(umount2(target, Detach));

    /// <summary>
    /// umount2(2) with MNT_FORCE and MNT_DETACH: a FUSE connection is aborted first, so whoever waits in it goes on with an error. It
    /// needs no /sys/fs/fuse/connections, which is not mounted everywhere.
    /// </summary>
    public static Errno AbortAndUnmount(string target) => FileCalls.ToErrno(umount2(target, Force | Detach));

    /// <summary>read(2), not repeated on EINTR.</summary>
    public static Errno Read(SafeFd fd, Span<byte> buffer, out int length)
    {
        using DescriptorScope scope = new(fd);
        nint result = read(scope.Descriptor, ref MemoryMarshal.GetReference(buffer), buffer.Length);
        length = (int)Math.Max(0, result);
        return FileCalls.ToErrno(result);
    }

    /// <summary>write(2) of one message.</summary>
    public static Errno Write(SafeFd fd, ReadOnlySpan<byte> message)
    {
        using DescriptorScope scope = new(fd);
        return FileCalls.ToErrno(write(scope.Descriptor, ref MemoryMarshal.GetReference(message), message.Length));
    }

    /// <summary>A Unix stream socket pair; the second one is inherited by children.</summary>
    public static Errno SocketPair(out SafeFd ours, out SafeFd theirs)
    {
        const int unix = 1, stream = 1, setDescriptorFlags = 2, closeOnExec = 1;
        int* pair = stackalloc int[2];
        int result = socketpair(unix, stream, 0, pair);
        if (result == 0)
        {
            _ = fcntl(pair[0], setDescriptorFlags, closeOnExec);
        }

        (ours, theirs) = result == 0 ? (new SafeFd(pair[0]), new SafeFd(pair[1])) : (new SafeFd(), new SafeFd());
        return FileCalls.ToErrno(result);
    }

    /// <summary>Receives one descriptor (SCM_RIGHTS, unix(7)); ENOTCONN if the other end closed without sending one.</summary>
    public static Errno ReceiveDescriptor(SafeFd socket, out SafeFd received)
    {
        const int closeOnExec = 0x40000000, rightsHeader = 16;
        using DescriptorScope scope = new(socket);
        byte data;
        byte* control = stackalloc byte[64];
        IoVector vector = new() { Base = (nint)(&data), Length = 1 };
        MessageHeader message = new() { Vectors = (nint)(&vector), VectorCount = 1, Control = (nint)control, ControlLength = 64 };
        nint result = recvmsg(scope.Descriptor, &message, closeOnExec);
        bool has = result > 0 && message.ControlLength >= rightsHeader + sizeof(int);
        received = has ? new SafeFd(*(int*)(control + rightsHeader)) : new SafeFd();
        return has ? Errno.None : result < 0 ? FileCalls.LastErrno() : Errno.ENOTCONN;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct IoVector
    {
        public nint Base;
        public nint Length;
    }

    [StructLayout(LayoutKind.Sequential, Size = 56)]
    private struct MessageHeader
    {
        public nint Name;
        public uint NameLength;
        private readonly uint _padding;
        public nint Vectors;
        public nint VectorCount;
        public nint Control;
        public nint ControlLength;
        public int Flags;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mount(string source, string target, string type, ulong flags, string data);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int umount2(string target, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(int fd, ref byte buffer, nint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int fd, ref byte buffer, nint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socketpair(int domain, int type, int protocol, int* pair);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int fd, int command, int argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recvmsg(int socket, MessageHeader* message, int flags);
}
