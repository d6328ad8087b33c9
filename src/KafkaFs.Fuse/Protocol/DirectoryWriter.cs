using System.Runtime.InteropServices;
using KafkaFs.Fuse.Abi;

namespace KafkaFs.Fuse.Protocol;

/// <summary>Packs entries of a directory into a reply, as READDIR or READDIRPLUS wants them.</summary>
public ref struct DirectoryWriter
{
    private readonly Span<byte> _buffer;
    private readonly bool _plus;

    internal DirectoryWriter(Span<byte> buffer, bool plus)
    {
        _buffer = buffer;
        _plus = plus;
    }

    /// <summary>Bytes packed.</summary>
    public int Length { get; private set; }

    /// <summary>
    /// Adds an entry; false if it does not fit: then it is left for the next request. <paramref name="offset"/> is where reading goes
    /// on after it. For READDIRPLUS an entry with a node counts as a lookup; a node of 0 gives the name only.
    /// </summary>
    public bool TryAdd(scoped ReadOnlySpan<byte> name, ulong inode, uint type, ulong offset, in FuseEntry entry)
    {
        int head = (_plus ? Marshal.SizeOf<EntryOut>() : 0) + Marshal.SizeOf<DirEntry>();
        int size = (head + name.Length + 7) & ~7;
        if (Length + size > _buffer.Length)
        {
            return false;
        }

        Span<byte> target = _buffer.Slice(Length, size);
        target.Clear();
        if (_plus)
        {
            MemoryMarshal.Write(target, entry.ToWire());
            target = target[Marshal.SizeOf<EntryOut>()..];
        }

        MemoryMarshal.Write(target, new DirEntry { Inode = inode, Offset = offset, NameLength = (uint)name.Length, Type = type });
        name.CopyTo(target[Marshal.SizeOf<DirEntry>()..]);
        Length += size;
        return true;
    }
}
