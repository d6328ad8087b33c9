namespace KafkaFs.Replica.Tree;

/// <summary>Names as keys: equal if their bytes are.</summary>
internal static class NameBytes
{
    public static IEqualityComparer<byte[]> Comparer { get; } =
        EqualityComparer<byte[]>.Create((one, other) => one.AsSpan().SequenceEqual(other), Hash);

    private static int Hash(byte[] name)
    {
        HashCode hash = default;
        hash.AddBytes(name);
        return hash.ToHashCode();
    }
}
