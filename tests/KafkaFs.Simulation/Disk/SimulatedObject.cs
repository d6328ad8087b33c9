using KafkaFs.Replica.Namespace;

namespace KafkaFs.Simulation.Disk;

/// <summary>An inode of a simulated disk, as it is now in memory, and its content as it is on the medium.</summary>
internal sealed class SimulatedObject(int number, uint generation, InodeType type)
{
    /// <summary>Inode number; used again as soon as the object is gone.</summary>
    public int Number { get; } = number;

    /// <summary>Told from every other object that has or had the number.</summary>
    public uint Generation { get; } = generation;

    public InodeType Type { get; } = type;

    public uint Rdev { get; init; }

    public byte[] Target { get; init; } = [];

    public SimulatedAttributes Attributes { get; set; }

    /// <summary>Never changed in place.</summary>
    public (byte[] Name, byte[] Value)[] Xattrs { get; set; } = [];

    /// <summary>Never changed in place.</summary>
    public byte[] Content { get; set; } = [];

    /// <summary>Content at the last sync, if there was a change of it since (<see cref="DirtySince"/>).</summary>
    public byte[] SyncedContent { get; set; } = [];

    /// <summary>Number of the sync after which <see cref="SyncedContent"/> was noted.</summary>
    public int DirtySince { get; set; } = -1;

    /// <summary>Entries of a directory, in the order in which it lists them: none in particular.</summary>
    public List<(byte[] Name, SimulatedObject Object)> Entries { get; } = [];

    /// <summary>Of a directory; null for the root and for one that has no name.</summary>
    public SimulatedObject? Parent { get; set; }

    /// <summary>Names.</summary>
    public int Links { get; set; }

    /// <summary>Open descriptors.</summary>
    public int Opens { get; set; }

    public bool IsDirectory => Type == InodeType.Directory;

    /// <summary>A removed directory that is still open: nothing can be made in it.</summary>
    public bool IsDead => Links == 0;

    public int IndexOf(ReadOnlySpan<byte> name)
    {
        for (int index = 0; index < Entries.Count; index++)
        {
            if (name.SequenceEqual(Entries[index].Name))
            {
                return index;
            }
        }

        return -1;
    }

    public SimulatedObject? Find(ReadOnlySpan<byte> name)
    {
        int index = IndexOf(name);
        return index < 0 ? null : Entries[index].Object;
    }

    /// <summary>This directory is <paramref name="other"/> or lies above it.</summary>
    public bool Holds(SimulatedObject other)
    {
        for (SimulatedObject? above = other; above is not null; above = above.Parent)
        {
            if (above == this)
            {
                return true;
            }
        }

        return false;
    }

    public override string ToString() => $"#{Number}.{Generation}";
}

/// <summary>What of an object is changed as a whole; times are nanoseconds since 1970.</summary>
internal readonly record struct SimulatedAttributes(uint Mode, uint Uid, uint Gid, long AtimeNs, long MtimeNs);
