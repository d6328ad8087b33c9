using KafkaFs.Journal;

namespace KafkaFs.Replica.Namespace.Storage;

/// <summary>An inode; links to entries and xattrs are slots, 0 for none.</summary>
internal struct InodeSlot : ISlot
{
    public FileId Id;
    public InodeAttributes Attributes;

    /// <summary>Offset of the record that made it.</summary>
    public long Birth;

    /// <summary>First of its names, linked by <see cref="EntrySlot.NextName"/>.</summary>
    public int FirstName;

    /// <summary>Directory: entries in the order of their cookies.</summary>
    public int FirstEntry;
    public int LastEntry;
    public int FirstXattr;
    public int Identity;
    public int Target;
    public ushort IdentityLength;

    public readonly uint Hash => HashOf(Id);

    public int HashNext { get; set; }

    public static uint HashOf(FileId id)
    {
        ulong mixed = id.Value * 0x9E3779B97F4A7C15;
        return (uint)(mixed >> 32);
    }
}

/// <summary>A name in a directory.</summary>
internal struct EntrySlot : ISlot
{
    public long Cookie;

    /// <summary>Slots of the directory and of the inode that it names.</summary>
    public int Parent;
    public int Inode;

    /// <summary>Neighbours in the directory.</summary>
    public int Previous;
    public int Next;

    /// <summary>Other names of the same inode.</summary>
    public int PreviousName;
    public int NextName;
    public int Name;
    public ushort NameLength;

    public uint Hash { get; set; }

    public int HashNext { get; set; }

    public static uint HashOf(int parent, ReadOnlySpan<byte> name)
    {
        uint hash = (uint)parent * 0x85EBCA6B;
        foreach (byte value in name)
        {
            hash = (hash ^ value) * 0x01000193;
        }

        return hash ^ (hash >> 15);
    }
}

/// <summary>An extended attribute; the next one of the inode follows by <see cref="HashNext"/>.</summary>
internal struct XattrSlot : ISlot
{
    public int Name;
    public int Value;
    public int ValueLength;
    public ushort NameLength;

    public readonly uint Hash => 0;

    public int HashNext { get; set; }
}
