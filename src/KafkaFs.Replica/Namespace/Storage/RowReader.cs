using System.Buffers.Binary;

namespace KafkaFs.Replica.Namespace.Storage;

/// <summary>
/// Reads what <see cref="RowBuffer"/> wrote, without belief: behind the end everything is 0 or empty, and <see cref="HasFailed"/>.
/// </summary>
internal ref struct RowReader(ReadOnlySpan<byte> row)
{
    private ReadOnlySpan<byte> _rest = row;

    /// <summary>More was asked for than there was.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Everything was read.</summary>
    public readonly bool IsAtEnd => _rest.IsEmpty;

    /// <summary>Bytes not yet read.</summary>
    public readonly int Left => _rest.Length;

    public byte TakeByte() => Take(sizeof(byte)) is [byte value] ? value : default;

    public ushort TakeUInt16() => Take(sizeof(ushort)) is { IsEmpty: false } bytes ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : default;

    public uint TakeUInt32() => Take(sizeof(uint)) is { IsEmpty: false } bytes ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : default;

    public ulong TakeUInt64() => Take(sizeof(ulong)) is { IsEmpty: false } bytes ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : default;

    public long TakeInt64() => (long)TakeUInt64();

    public ReadOnlySpan<byte> Take(int bytes)
    {
        if (bytes < 0 || bytes > _rest.Length)
        {
            HasFailed = true;
            _rest = default;
            return default;
        }

        ReadOnlySpan<byte> taken = _rest[..bytes];
        _rest = _rest[bytes..];
        return taken;
    }

    public ReadOnlySpan<byte> TakeRest() => Take(_rest.Length);
}
