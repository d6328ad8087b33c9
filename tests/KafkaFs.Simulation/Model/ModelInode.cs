using KafkaFs.Replica.Namespace;

namespace KafkaFs.Simulation.Model;

/// <summary>An inode of the naive model: an object with everything in it.</summary>
internal sealed class ModelInode
{
    public required ulong Id { get; init; }

    public required InodeType Type { get; init; }

    public uint Mode { get; set; }

    public uint Uid { get; set; }

    public uint Gid { get; set; }

    public uint Rdev { get; init; }

    public string Target { get; init; } = "";

    /// <summary>Regular file: its content; never longer than a few hundred bytes here.</summary>
    public byte[] Content { get; set; } = [];

    /// <summary>Content beyond what the model keeps in <see cref="Content"/> is zeroes up to here.</summary>
    public ulong Size { get; set; }

    public long Mtime { get; set; }

    public long Ctime { get; set; }

    public long Btime { get; init; }

    public long? Atime { get; set; }

    public SortedDictionary<string, string> Xattrs { get; } = new(StringComparer.Ordinal);

    /// <summary>Directory: name to inode and cookie; names are Latin-1 strings of the bytes.</summary>
    public Dictionary<string, (ModelInode Inode, long Cookie)> Entries { get; } = new(StringComparer.Ordinal);

    public bool IsDirectory => Type == InodeType.Directory;
}
