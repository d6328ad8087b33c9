using System.Buffers.Binary;

namespace KafkaFs.Journal.Codec;

/// <summary>Reads protobuf fields from bytes, in place. Every method returns false on bytes that end early or are malformed.</summary>
internal ref struct WireReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly bool AtEnd => _rest.IsEmpty;

    /// <summary>Reads a tag: field number (1 to 2^29-1) and wire type (0, 1, 2; the others are not used by this format).</summary>
    public bool TryReadTag(out int field, out int wireType)
    {
        field = wireType = 0;
        if (!TryReadVarint(out ulong tag) || tag > uint.MaxValue || tag >> 3 == 0)
        {
            return false;
        }

        field = (int)(tag >> 3);
        wireType = (int)(tag & 7);
        return true;
    }

    public bool TryReadVarint(out ulong value)
    {
        value = 0;
        for (int index = 0; index < 10 && index < _rest.Length; index++)
        {
            byte current = _rest[index];
            if (index == 9 && current > 1)
            {
                return false;
            }

            value |= (ulong)(current & 0x7f) << (7 * index);
            if (current < 0x80)
            {
                _rest = _rest[(index + 1)..];
                return true;
            }
        }

        return false;
    }

    public bool TryReadFixed64(out ulong value)
    {
        if (!BinaryPrimitives.TryReadUInt64LittleEndian(_rest, out value))
        {
            return false;
        }

        _rest = _rest[8..];
        return true;
    }

    public bool TryReadBytes(out ReadOnlySpan<byte> value)
    {
        value = default;
        if (!TryReadVarint(out ulong length) || length > (ulong)_rest.Length)
        {
            return false;
        }

        value = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return true;
    }
}
