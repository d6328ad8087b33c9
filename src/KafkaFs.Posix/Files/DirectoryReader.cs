using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace KafkaFs.Posix.Files;

/// <summary>The entries of an open directory by getdents64(2), without "." and "..". For one thread; uses the descriptor's position.</summary>
public ref partial struct DirectoryReader
{
    private readonly SafeFd _directory;
    private readonly byte[] _buffer;
    private int _position;
    private int _filled;

    /// <param name="directory">Open for reading (no O_PATH) and at its start; it stays the caller's.</param>
    public DirectoryReader(SafeFd directory)
    {
        _directory = directory;
        _buffer = new byte[32 * 1024];
    }

    /// <summary>Name of the current entry, valid until the next <see cref="TryRead"/>.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>Inode number of the current entry.</summary>
    public ulong Inode { get; private set; }

    /// <summary>Type of the current entry, S_IFMT >> 12; 0 if the filesystem does not say.</summary>
    public byte Type { get; private set; }

    /// <summary>Goes to the next entry; false at the end, or at an error, which <paramref name="errno"/> tells apart.</summary>
    public bool TryRead(out Errno errno)
    {
        errno = Errno.None;
        while (true)
        {
            if (_position == _filled && !Fill(out errno))
            {
                return false;
            }

            ReadOnlySpan<byte> entry = _buffer.AsSpan(_position, _filled - _position);
            _position += BinaryPrimitives.ReadUInt16LittleEndian(entry[16..]);
            ReadOnlySpan<byte> name = entry[19..];
            name = name[..name.IndexOf((byte)0)];
            if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
            {
                Name = name;
                Inode = BinaryPrimitives.ReadUInt64LittleEndian(entry);
                Type = entry[18];
                return true;
            }
        }
    }

    private bool Fill(out Errno errno)
    {
        using DescriptorScope scope = new(_directory);
        nint result = getdents64(scope.Descriptor, ref _buffer[0], _buffer.Length);
        (_position, _filled) = (0, (int)Math.Max(0, result));
        errno = FileCalls.ToErrno(result);
        return result > 0;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint getdents64(int fd, ref byte buffer, nint size);
}
