using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KafkaFs.Posix.Files;

/// <summary>name_to_handle_at(2) and open_by_handle_at(2): the identity of an object that survives renames and is never reused.</summary>
[SkipLocalsInit]
public static unsafe partial class FileHandles
{
    /// <summary>A handle's type (4 bytes) and its bytes (MAX_HANDLE_SZ).</summary>
    public const int MaxBytes = 4 + 128;

    private const int AtEmptyPath = 0x1000;

    /// <summary>
    /// Writes type and handle of the object at a name, not following a symlink, to <paramref name="buffer"/>; an empty name means
    /// <paramref name="directory"/> itself (O_PATH will do). EOPNOTSUPP where there are none, EOVERFLOW where they are longer.
    /// </summary>
    public static Errno Get(SafeFd directory, ReadOnlySpan<byte> name, Span<byte> buffer, out int length)
    {
        Span<byte> path = stackalloc byte[NativeName.MaxBytes];
        length = 0;
        Errno errno = NativeName.Terminate(name, path);
        if (errno != Errno.None)
        {
            return errno;
        }

        using DirectoryScope scope = new(directory);
        byte* handle = stackalloc byte[8 + 128];
        *(uint*)handle = 128;
        int mountId;
        fixed (byte* pointer = path)
        {
            if (name_to_handle_at(scope.Descriptor, pointer, handle, &mountId, AtEmptyPath) < 0)
            {
                return FileCalls.LastErrno();
            }
        }

        int bytes = (int)*(uint*)handle;
        BinaryPrimitives.WriteInt32LittleEndian(buffer, *(int*)(handle + 4));
        new ReadOnlySpan<byte>(handle + 8, bytes).CopyTo(buffer[4..]);
        length = 4 + bytes;
        return Errno.None;
    }

    /// <summary>Opens the object of a handle on the filesystem of <paramref name="mount"/> (no O_PATH); EPERM without CAP_DAC_READ_SEARCH, ESTALE if it is gone.</summary>
    public static Errno Open(SafeFd mount, ReadOnlySpan<byte> identity, OpenFlags flags, out SafeFd fd)
    {
        using DescriptorScope scope = new(mount);
        byte* handle = stackalloc byte[8 + 128];
        *(uint*)handle = (uint)(identity.Length - 4);
        *(int*)(handle + 4) = BinaryPrimitives.ReadInt32LittleEndian(identity);
        identity[4..].CopyTo(new Span<byte>(handle + 8, 128));
        int result = open_by_handle_at(scope.Descriptor, handle, (int)(flags | OpenFlags.CloseOnExec));
        Errno errno = FileCalls.ToErrno(result);
        fd = new SafeFd(result);
        return errno;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int name_to_handle_at(int directory, byte* path, byte* handle, int* mountId, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int open_by_handle_at(int mount, byte* handle, int flags);
}
