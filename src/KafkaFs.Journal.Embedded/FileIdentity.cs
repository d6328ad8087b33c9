using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace KafkaFs.Journal.Embedded;

/// <summary>
/// Which file a path leads to, by statx(2): device and inode. By path alone, since closing a descriptor of the file would drop the
/// locks that SQLite holds on it.
/// </summary>
internal static partial class FileIdentity
{
    private const int CurrentDirectory = -100;
    private const uint InodeOnly = 0x100;
    private const int StatxBytes = 256;

    /// <summary>Null if there is no such file, or it cannot be looked at.</summary>
    public static (ulong Device, ulong Inode)? Of(string path)
    {
        byte[] buffer = new byte[StatxBytes];
        return statx(CurrentDirectory, path, 0, InodeOnly, buffer) == 0
            ? (BinaryPrimitives.ReadUInt64LittleEndian(buffer.AsSpan(136)), BinaryPrimitives.ReadUInt64LittleEndian(buffer.AsSpan(32)))
            : null;
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int directory, string path, int flags, uint mask, byte[] buffer);
}
