using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KafkaFs.Posix.Files;

/// <summary>
/// xattr(7) on open objects, through /proc/self/fd so that O_PATH descriptors will do; not for symlinks. Names are bytes with their namespace.
/// </summary>
[SkipLocalsInit]
public static unsafe partial class XattrCalls
{
    private const int MaxNameBytes = 256;

    public static Errno Set(SafeFd fd, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        using DescriptorScope scope = new(fd);
        byte* path = stackalloc byte[32];
        FileCalls.WriteProcPath(scope.Descriptor, new Span<byte>(path, 32));
        Span<byte> terminated = stackalloc byte[MaxNameBytes];
        Errno errno = NativeName.Terminate(name, terminated);
        if (errno != Errno.None)
        {
            return errno;
        }

        fixed (byte* namePointer = terminated, valuePointer = value)
        {
            return FileCalls.ToErrno(setxattr(path, namePointer, valuePointer, value.Length, 0));
        }
    }

    /// <summary>The value's length; ERANGE if <paramref name="buffer"/> is too small and not empty.</summary>
    public static Errno Get(SafeFd fd, ReadOnlySpan<byte> name, Span<byte> buffer, out int length)
    {
        using DescriptorScope scope = new(fd);
        byte* path = stackalloc byte[32];
        FileCalls.WriteProcPath(scope.Descriptor, new Span<byte>(path, 32));
        Span<byte> terminated = stackalloc byte[MaxNameBytes];
        length = 0;
        Errno errno = NativeName.Terminate(name, terminated);
        if (errno != Errno.None)
        {
            return errno;
        }

        fixed (byte* namePointer = terminated, bufferPointer = buffer)
        {
            nint result = getxattr(path, namePointer, bufferPointer, buffer.Length);
            length = (int)Math.Max(0, result);
            return FileCalls.ToErrno(result);
        }
    }

    /// <summary>NUL-terminated names, one after the other; their length, which an empty buffer asks for.</summary>
    public static Errno List(SafeFd fd, Span<byte> buffer, out int length)
    {
        using DescriptorScope scope = new(fd);
        byte* path = stackalloc byte[32];
        FileCalls.WriteProcPath(scope.Descriptor, new Span<byte>(path, 32));
        fixed (byte* bufferPointer = buffer)
        {
            nint result = listxattr(path, bufferPointer, buffer.Length);
            length = (int)Math.Max(0, result);
            return FileCalls.ToErrno(result);
        }
    }

    public static Errno Remove(SafeFd fd, ReadOnlySpan<byte> name)
    {
        using DescriptorScope scope = new(fd);
        byte* path = stackalloc byte[32];
        FileCalls.WriteProcPath(scope.Descriptor, new Span<byte>(path, 32));
        Span<byte> terminated = stackalloc byte[MaxNameBytes];
        Errno errno = NativeName.Terminate(name, terminated);
        if (errno != Errno.None)
        {
            return errno;
        }

        fixed (byte* namePointer = terminated)
        {
            return FileCalls.ToErrno(removexattr(path, namePointer));
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setxattr(byte* path, byte* name, byte* value, nint size, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint getxattr(byte* path, byte* name, byte* value, nint size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint listxattr(byte* path, byte* list, nint size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int removexattr(byte* path, byte* name);
}
