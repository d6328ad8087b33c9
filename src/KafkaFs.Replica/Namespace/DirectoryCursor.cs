using KafkaFs.Journal;

namespace KafkaFs.Replica.Namespace;

/// <summary>A place in a directory: after the entry with <see cref="Cookie"/>. The slot is a hint that makes going on cheap.</summary>
public struct DirectoryCursor(FileId directory, long cookie)
{
    public FileId Directory { get; } = directory;

    /// <summary>Cookie of the last entry read; 0 before the first.</summary>
    public long Cookie { get; internal set; } = cookie;

    internal int Slot { get; set; }
}

/// <summary>An entry of a directory; <see cref="Name"/> is valid until the namespace changes.</summary>
public readonly ref struct DirectoryEntry(long cookie, ReadOnlySpan<byte> name, FileId inode, InodeType type)
{
    /// <summary>63 bits, the same on every replica, growing in the order of the directory.</summary>
    public long Cookie { get; } = cookie;

    public ReadOnlySpan<byte> Name { get; } = name;

    public FileId Inode { get; } = inode;

    public InodeType Type { get; } = type;
}
