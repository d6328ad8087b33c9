using System.Buffers.Binary;
using System.Numerics;

namespace KafkaFs.Journal.Codec;

/// <summary>
/// Writes protobuf fields from the end of a buffer towards its start, last field first, so that the length of a message is
/// known when its prefix is written. Default values (0, empty) are left out, as protobuf does, unless said otherwise.
/// Throws <see cref="ArgumentException"/> when the buffer is too small: a broken invariant of the caller.
/// </summary>
internal ref struct ReverseWireWriter(Span<byte> buffer)
{
    private readonly Span<byte> _buffer = buffer;
    private int _start = buffer.Length;

    /// <summary>Index of the first byte written.</summary>
    public readonly int Start => _start;

    public void Varint(int field, ulong value, bool always = false)
    {
        if (value != 0 || always)
        {
            RawVarint(value);
            Tag(field, wireType: 0);
        }
    }

    public void ZigZag(int field, long value) => Varint(field, (ulong)((value << 1) ^ (value >> 63)));

    public void Fixed64(int field, ulong value, bool always = false)
    {
        if (value != 0 || always)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(Take(8), value);
            Tag(field, wireType: 1);
        }
    }

    public void Bytes(int field, ReadOnlySpan<byte> value)
    {
        if (!value.IsEmpty)
        {
            value.CopyTo(Take(value.Length));
            Length(field, value.Length);
        }
    }

    public void Uuid(int field, Guid value)
    {
        if (value != Guid.Empty)
        {
            value.TryWriteBytes(Take(16), bigEndian: true, out _);
            Length(field, 16);
        }
    }

    /// <summary>The length and tag of a field whose <paramref name="length"/> bytes have been written, or follow the buffer.</summary>
    public void Length(int field, int length)
    {
        RawVarint((ulong)length);
        Tag(field, wireType: 2);
    }

    private void Tag(int field, int wireType) => RawVarint(((ulong)field << 3) | (uint)wireType);

    private void RawVarint(ulong value)
    {
        int size = value == 0 ? 1 : (70 - BitOperations.LeadingZeroCount(value)) / 7;
        Span<byte> target = Take(size);
        for (int index = 0; index < size; index++)
        {
            target[index] = (byte)(value >> (7 * index) & 0x7f | (index < size - 1 ? 0x80u : 0));
        }
    }

    private Span<byte> Take(int count)
    {
        if (count > _start)
        {
            throw new ArgumentException("The buffer is too small for the record.");
        }

        _start -= count;
        return _buffer.Slice(_start, count);
    }
}
