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
    private const int SubstituteBytes = 20;

    // No file handle type is negative, so this marks the substitute.
    private const int Substitute = -1;

    /// <summary>
    /// Writes the identity of the object at a name (empty: of <paramref name="directory"/> itself). Only a filesystem that has no
    /// handles gives the substitute; any other error is this machine's refusal, since the two forms never compare equal.
    /// </summary>
    public static Errno Read(SafeFd directory, ReadOnlySpan<byte> name, Span<byte> buffer, out int length)
    {
        Errno errno = FileHandles.Get(directory, name, buffer, out length);
        return HasNoHandles(errno) || errno is Errno.EPERM or Errno.ENOSYS ? ReadSubstitute(directory, name, buffer, out length) : errno;
    }

    /// <summary>
    /// Identity of a data root, with its birth time: the roots of two volumes may have the same handle, and a copied directory has
    /// another one.
    /// </summary>
    public static Errno ReadRoot(SafeFd root, out byte[] identity)
    {
        Span<byte> buffer = stackalloc byte[Namespace.Effects.MaxIdentityBytes];
        Errno errno = Read(root, default, buffer, out int length);
        StatxResult stat = default;
        errno = errno != Errno.None ? errno : FileCalls.Stat(root, default, out stat);
        identity = new byte[length + sizeof(long)];
        buffer[..length].CopyTo(identity);
        BinaryPrimitives.WriteInt64LittleEndian(identity.AsSpan(length), stat.Btime.TotalNs);
        return errno;
    }

    /// <summary>The identity can be opened by open_by_handle_at(2).</summary>
    public static bool IsHandle(ReadOnlySpan<byte> identity) =>
        identity.Length > 4 && BinaryPrimitives.ReadInt32LittleEndian(identity) != Substitute;

    /// <summary>
    /// Whether the object at a name (empty: <paramref name="directory"/> itself) has this identity, in the form in which it was
    /// stored. An empty identity is nobody's.
    /// </summary>
    public static Errno Compare(SafeFd directory, ReadOnlySpan<byte> name, ReadOnlySpan<byte> identity, out bool same)
    {
        Span<byte> found = stackalloc byte[Namespace.Effects.MaxIdentityBytes];
        bool isHandle = IsHandle(identity);
        Errno errno = isHandle
            ? FileHandles.Get(directory, name, found, out int length)
            : ReadSubstitute(directory, name, found, out length);
        same = errno == Errno.None && length > 0 && found[..length].SequenceEqual(identity);

        // The object lies on another filesystem, one without handles: it is not ours.
        return isHandle && HasNoHandles(errno) ? Errno.None : errno;
    }

    // The buffer has the longest size, so EOVERFLOW means that this filesystem's are longer, always.
    private static bool HasNoHandles(Errno errno) => errno is Errno.EOPNOTSUPP or Errno.EOVERFLOW;

    private static Errno ReadSubstitute(SafeFd directory, ReadOnlySpan<byte> name, Span<byte> buffer, out int length)
    {
        Errno errno = FileCalls.Stat(directory, name, out StatxResult stat);
        BinaryPrimitives.WriteInt32LittleEndian(buffer, Substitute);
        BinaryPrimitives.WriteUInt64LittleEndian(buffer[4..], stat.Inode);
        BinaryPrimitives.WriteInt64LittleEndian(buffer[12..], stat.Btime.TotalNs);
        length = errno == Errno.None ? SubstituteBytes : 0;
        return errno;
    }
}
