using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Tree;

namespace KafkaFs.Replica.Recovery;

/// <summary>The names of one directory that records touched, each with the types of the objects that they put there.</summary>
internal sealed class TouchedDirectory
{
    private readonly Dictionary<byte[], int> _types = new(NameBytes.Comparer);

    public IEnumerable<byte[]> Names => _types.Keys;

    public bool Contains(byte[] name) => _types.ContainsKey(name);

    /// <summary>Notes a name, and the type of what was put there (None: it was taken away).</summary>
    public void Put(ReadOnlySpan<byte> name, InodeType type)
    {
        byte[] key = name.ToArray();
        _types[key] = _types.GetValueOrDefault(key) | Bit(type);
    }

    /// <summary>A record put an object of this type at this name.</summary>
    public bool HasPut(byte[] name, InodeType type) => (_types.GetValueOrDefault(name) & Bit(type)) != 0;

    /// <summary>Adds all of another one.</summary>
    public void Add(TouchedDirectory other)
    {
        foreach ((byte[] name, int types) in other._types)
        {
            _types[name] = _types.GetValueOrDefault(name) | types;
        }
    }

    private static int Bit(InodeType type) => type == InodeType.None ? 0 : 1 << (int)type;
}
