using System.Buffers.Binary;

namespace KafkaFs.Replica.Namespace.Storage;

/// <summary>Bytes of rows one behind the other, little-endian; grows, and keeps what it has grown to. Not thread-safe.</summary>
internal sealed class RowBuffer
{
    private const int FirstBytes = 512;

    private byte[] _bytes = new byte[FirstBytes];

    /// <summary>Bytes written since <see cref="Clear"/>.</summary>
    public int Length { get; private set; }

    /// <summary>Valid until the next call.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public void Clear() => Length = 0;

    public void Put(byte value) => Take(sizeof(byte))[0] = value;

    public void Put(ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(Take(sizeof(ushort)), value);

    public void Put(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Take(sizeof(uint)), value);

    public void Put(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Take(sizeof(ulong)), value);

    public void Put(long value) => BinaryPrimitives.WriteInt64LittleEndian(Take(sizeof(long)), value);

    public void Put(ReadOnlySpan<byte> value) => value.CopyTo(Take(value.Length));

    /// <summary>The 16 bytes in the order in which the UUID is written.</summary>
    public void Put(Guid value) => value.TryWriteBytes(Take(16), bigEndian: true, out _);

    private Span<byte> Take(int bytes)
    {
        int start = Length;
        if (_bytes.Length - start < bytes)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, start + bytes));
        }

        Length += bytes;
        return _bytes.AsSpan(start, bytes);
    }
}
