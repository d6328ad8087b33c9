using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KafkaFs.Posix.Files;

/// <summary>
/// Linux system calls on names below a directory descriptor (openat(2) and its family) and on descriptors. Each returns 0 or the
/// error number; names are bytes without a terminator. Thread-safe. EINTR is repeated where the call has done nothing.
/// </summary>
[SkipLocalsInit]
public static unsafe partial class FileCalls
{
    /// <summary>The current directory, for the `directory` argument of the *at calls: names are then relative to it, or absolute.</summary>
    public const int CurrentDirectory = -100;

    private const int AtSymlinkNoFollow = 0x100;
    private const int AtRemoveDirectory = 0x200;
    private const int AtEmptyPath = 0x1000;
    private const uint StatxBasicAndBtime = 0xfff;

    static FileCalls()
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            throw new PlatformNotSupportedException("KafkaFS knows the flag values and system call numbers of x86-64 only.");
        }
    }

    /// <summary>openat(2); the descriptor is closed on exec.</summary>
    public static Errno Open(SafeFd? directory, ReadOnlySpan<byte> name, OpenFlags flags, uint mode, out SafeFd fd)
    {
        Span<byte> path = stackalloc byte[NativeName.MaxBytes];
        fd = new SafeFd();
        Errno errno = NativeName.Terminate(name, path);
        if (errno != Errno.None)
        {
            return errno;
        }

        using DirectoryScope scope = new(directory);
        int result;
        do
        {
            result = openat(scope.Descriptor, ref MemoryMarshal.GetReference(path), (int)(flags | OpenFlags.CloseOnExec), mode);
        }
        while (result < 0 && LastErrno() == Errno.EINTR);
        errno = result < 0 ? LastErrno() : Errno.None;
        fd = new SafeFd(result);
        return errno;
    }

    /// <summary>
    /// openat2(2) that never leaves <paramref name="directory"/>: RESOLVE_BENEATH, NO_SYMLINKS, NO_MAGICLINKS, NO_XDEV. ENOSYS where
    /// the kernel lacks it (before 5.6). A path longer than the kernel takes (4,095 bytes) is walked in segments.
    /// </summary>
    public static Errno OpenBeneath(SafeFd directory, ReadOnlySpan<byte> path, OpenFlags flags, uint mode, out SafeFd fd)
    {
        const OpenFlags walk = OpenFlags.PathOnly | OpenFlags.Directory | OpenFlags.NoFollow;
        SafeFd? step = null;
        try
        {
            while (path.Length >= NativeName.MaxBytes && path[..NativeName.MaxBytes].LastIndexOf((byte)'/') is int cut and > 0)
            {
                Errno errno = OpenSegment(step ?? directory, path[..cut], walk, 0, out fd);
                step?.Dispose();
                step = fd;
                if (errno != Errno.None)
                {
                    return errno;
                }

                path = path[(cut + 1)..];
            }

            return OpenSegment(step ?? directory, path, flags, mode, out fd);
        }
        finally
        {
            step?.Dispose();
        }
    }

    private static Errno OpenSegment(SafeFd directory, ReadOnlySpan<byte> name, OpenFlags flags, uint mode, out SafeFd fd)
    {
        const ulong noXdev = 1, noMagicLinks = 2, noSymlinks = 4, beneath = 8;
        Span<byte> path = stackalloc byte[NativeName.MaxBytes];
        fd = new SafeFd();
        Errno errno = NativeName.Terminate(name, path);
        if (errno != Errno.None)
        {
            return errno;
        }

        OpenHow how = new()
        {
            Flags = (ulong)(uint)(flags | OpenFlags.CloseOnExec),
            Mode = (flags & OpenFlags.Create) != 0 ? mode : 0,
            Resolve = noXdev | noMagicLinks | noSymlinks | beneath,
        };
        using DirectoryScope scope = new(directory);
        long result;
        do
        {
            fixed (byte* pointer = path)
            {
                result = syscall(437, scope.Descriptor, (nint)pointer, (nint)(&how), sizeof(OpenHow));
            }
        }
        while (result < 0 && LastErrno() is Errno.EINTR or Errno.EAGAIN);
        errno = result < 0 ? LastErrno() : Errno.None;
        fd = new SafeFd((int)result);
        return errno;
    }

    public static Errno MakeDirectory(SafeFd? directory, ReadOnlySpan<byte> name, uint mode) =>
        OnName(directory, name, mode, 0, static (fd, path, mode, _) => mkdirat(fd, path, (uint)mode));

    /// <summary>mknodat(2); <paramref name="mode"/> with the type, <paramref name="device"/> as makedev(3) packs it.</summary>
    public static Errno MakeNode(SafeFd? directory, ReadOnlySpan<byte> name, uint mode, ulong device) =>
        OnName(directory, name, mode, device, static (fd, path, mode, device) => mknodat(fd, path, (uint)mode, device));

    /// <summary>unlinkat(2) of a name that is no directory.</summary>
    public static Errno Unlink(SafeFd? directory, ReadOnlySpan<byte> name) =>
        OnName(directory, name, 0, 0, static (fd, path, _, _) => unlinkat(fd, path, 0));

    /// <summary>unlinkat(2) of an empty directory.</summary>
    public static Errno RemoveDirectory(SafeFd? directory, ReadOnlySpan<byte> name) =>
        OnName(directory, name, 0, 0, static (fd, path, _, _) => unlinkat(fd, path, AtRemoveDirectory));

    public static Errno MakeSymlink(ReadOnlySpan<byte> target, SafeFd? directory, ReadOnlySpan<byte> name)
    {
        Span<byte> content = stackalloc byte[NativeName.MaxBytes];
        Errno errno = NativeName.Terminate(target, content);
        if (errno != Errno.None)
        {
            return errno;
        }

        fixed (byte* pointer = content)
        {
            return OnName(directory, name, (ulong)pointer, 0, static (fd, path, target, _) => symlinkat((byte*)target, fd, path));
        }
    }

    /// <summary>
    /// A further name for the open object <paramref name="fd"/> (O_PATH will do): by AT_EMPTY_PATH, which takes CAP_DAC_READ_SEARCH, else
    /// through /proc/self/fd.
    /// </summary>
    public static Errno LinkDescriptor(SafeFd fd, SafeFd? directory, ReadOnlySpan<byte> name)
    {
        const int followSymlink = 0x400;
        Span<byte> source = stackalloc byte[32];
        using DescriptorScope scope = new(fd);
        Errno errno = OnName(directory, name, (ulong)scope.Descriptor, 0, static (at, path, from, _) =>
        {
            byte empty = 0;
            return linkat((int)from, &empty, at, path, AtEmptyPath);
        });
        if (errno != Errno.ENOENT)
        {
            return errno;
        }

        WriteProcPath(scope.Descriptor, source);
        fixed (byte* pointer = source)
        {
            return OnName(
                directory, name, (ulong)pointer, 0, static (at, path, source, _) => linkat(CurrentDirectory, (byte*)source, at, path, followSymlink));
        }
    }

    /// <summary>linkat(2) from one name to another, not following symlinks.</summary>
    public static Errno Link(SafeFd? directory, ReadOnlySpan<byte> name, SafeFd? newDirectory, ReadOnlySpan<byte> newName)
    {
        Span<byte> source = stackalloc byte[NativeName.MaxBytes];
        Errno errno = NativeName.Terminate(name, source);
        if (errno != Errno.None)
        {
            return errno;
        }

        using DirectoryScope scope = new(directory);
        fixed (byte* pointer = source)
        {
            return OnName(
                newDirectory, newName, (ulong)pointer, (ulong)scope.Descriptor,
                static (at, path, source, from) => linkat((int)from, (byte*)source, at, path, 0));
        }
    }

    /// <summary>renameat2(2); <paramref name="flags"/> RENAME_NOREPLACE = 1, RENAME_EXCHANGE = 2.</summary>
    public static Errno Rename(SafeFd? directory, ReadOnlySpan<byte> name, SafeFd? newDirectory, ReadOnlySpan<byte> newName, uint flags)
    {
        Span<byte> from = stackalloc byte[NativeName.MaxBytes];
        Span<byte> to = stackalloc byte[NativeName.MaxBytes];
        Errno errno = NativeName.Terminate(name, from);
        errno = errno != Errno.None ? errno : NativeName.Terminate(newName, to);
        if (errno != Errno.None)
        {
            return errno;
        }

        using DirectoryScope source = new(directory);
        using DirectoryScope target = new(newDirectory);
        fixed (byte* fromPointer = from, toPointer = to)
        {
            return ToErrno(renameat2(source.Descriptor, fromPointer, target.Descriptor, toPointer, flags));
        }
    }

    /// <summary>readlinkat(2); <paramref name="length"/> bytes of the target are in <paramref name="buffer"/> (4,095 always suffice).</summary>
    public static Errno ReadLink(SafeFd? directory, ReadOnlySpan<byte> name, Span<byte> buffer, out int length)
    {
        Span<byte> path = stackalloc byte[NativeName.MaxBytes];
        length = 0;
        Errno errno = NativeName.Terminate(name, path);
        if (errno != Errno.None)
        {
            return errno;
        }

        using DirectoryScope scope = new(directory);
        fixed (byte* pointer = path, target = buffer)
        {
            nint result = readlinkat(scope.Descriptor, pointer, target, buffer.Length);
            length = (int)Math.Max(0, result);
            return result < 0 ? LastErrno() : Errno.None;
        }
    }

    /// <summary>statx(2) of a name, not following a symlink; an empty name means <paramref name="directory"/> itself.</summary>
    public static Errno Stat(SafeFd? directory, ReadOnlySpan<byte> name, out StatxResult result)
    {
        Span<byte> path = stackalloc byte[NativeName.MaxBytes];
        result = default;
        Errno errno = NativeName.Terminate(name, path);
        if (errno != Errno.None)
        {
            return errno;
        }

        using DirectoryScope scope = new(directory);
        fixed (byte* pointer = path)
        fixed (StatxResult* into = &result)
        {
            return ToErrno(statx(scope.Descriptor, pointer, AtSymlinkNoFollow | AtEmptyPath, StatxBasicAndBtime, into));
        }
    }

    internal static Errno LastErrno() => (Errno)Marshal.GetLastPInvokeError();

    internal static Errno ToErrno(long result) => result < 0 ? LastErrno() : Errno.None;

    /// <summary>"/proc/self/fd/N" with a NUL, into at least 32 bytes.</summary>
    internal static void WriteProcPath(int descriptor, Span<byte> buffer)
    {
        "/proc/self/fd/"u8.CopyTo(buffer);
        descriptor.TryFormat(buffer[14..], out int written, default, System.Globalization.CultureInfo.InvariantCulture);
        buffer[14 + written] = 0;
    }

    private delegate int NameCall(int directory, byte* path, ulong first, ulong second);

    private static Errno OnName(SafeFd? directory, ReadOnlySpan<byte> name, ulong first, ulong second, NameCall call)
    {
        Span<byte> path = stackalloc byte[NativeName.MaxBytes];
        Errno errno = NativeName.Terminate(name, path);
        if (errno != Errno.None)
        {
            return errno;
        }

        using DirectoryScope scope = new(directory);
        fixed (byte* pointer = path)
        {
            return ToErrno(call(scope.Descriptor, pointer, first, second));
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int openat(int directory, ref byte path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial long syscall(long number, nint first, nint second, nint third, nint fourth);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mkdirat(int directory, byte* path, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mknodat(int directory, byte* path, uint mode, ulong device);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unlinkat(int directory, byte* path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int symlinkat(byte* target, int directory, byte* path);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int linkat(int directory, byte* path, int newDirectory, byte* newPath, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int renameat2(int directory, byte* path, int newDirectory, byte* newPath, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint readlinkat(int directory, byte* path, byte* buffer, nint size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int statx(int directory, byte* path, int flags, uint mask, StatxResult* result);
}
