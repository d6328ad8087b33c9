using System.Buffers.Binary;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;

namespace KafkaFs.Replica.Tree;

/// <summary>
/// What tells an object of the tree from every other, for ever: its file handle (inode number and generation), or where a
/// filesystem has none its inode number and birth time. Inode numbers alone are reused at once (measured on ext4).
/// </summary>
internal static class ObjectIdentity
{
    // No file handle type is negative, so this marks the substitute.
    private const int Substitute = -1;

    /// <summary>Writes the identity of an open object and returns its length; 0 if the machine does not tell.</summary>
    public static int Write(SafeFd fd, Span<byte> buffer)
    {
        if (FileHandles.Get(fd, buffer, out int length) == Errno.None)
        {
            return length;
        }

        if (FileCalls.Stat(fd, default, out StatxResult stat) != Errno.None)
        {
            return 0;
        }

        BinaryPrimitives.WriteInt32LittleEndian(buffer, Substitute);
        BinaryPrimitives.WriteUInt64LittleEndian(buffer[4..], stat.Inode);
        BinaryPrimitives.WriteInt64LittleEndian(buffer[12..], stat.Btime.TotalNs);
        return 20;
    }

    /// <summary>
    /// Identity of a data root, with its birth time: the roots of two volumes may have the same handle, and a copied directory has
    /// another one.
    /// </summary>
    public static byte[] OfRoot(SafeFd root)
    {
        Span<byte> identity = stackalloc byte[Namespace.Effects.MaxIdentityBytes + sizeof(long)];
        int length = Write(root, identity);
        FileCalls.Stat(root, default, out StatxResult stat);
        BinaryPrimitives.WriteInt64LittleEndian(identity[length..], stat.Btime.TotalNs);
        return identity[..(length + sizeof(long))].ToArray();
    }

    /// <summary>The identity can be opened by open_by_handle_at(2).</summary>
    public static bool IsHandle(ReadOnlySpan<byte> identity) =>
        identity.Length > 4 && BinaryPrimitives.ReadInt32LittleEndian(identity) != Substitute;

    /// <summary>The open object has this identity.</summary>
    public static bool Matches(SafeFd fd, ReadOnlySpan<byte> identity)
    {
        Span<byte> found = stackalloc byte[Namespace.Effects.MaxIdentityBytes];
        return found[..Write(fd, found)].SequenceEqual(identity);
    }
}
