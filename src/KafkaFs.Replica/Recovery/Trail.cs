using System.Buffers.Binary;
using System.IO.Hashing;

namespace KafkaFs.Replica.Recovery;

/// <summary>
/// The record that a batch ends with, noted before the batch's first effect and not waited for: a log that does not hold it is
/// behind the tree. After a power cut the trail may be any older one, so it proves nothing else.
/// </summary>
/// <param name="Offset">The record.</param>
/// <param name="RecordHash">XXH128 of its bytes.</param>
internal readonly record struct Trail(long Offset, UInt128 RecordHash)
{
    private const int Bytes = sizeof(long) + 16 + sizeof(uint);

    public static Trail Of(long offset, ReadOnlySpan<byte> record) => new(offset, XxHash128.HashToUInt128(record));

    /// <summary>Null if there is none, or if it was torn by a power cut.</summary>
    public static Trail? Read(ReadOnlySpan<byte> stored)
    {
        bool isWhole = stored.Length >= Bytes
            && BinaryPrimitives.ReadUInt32LittleEndian(stored[(Bytes - sizeof(uint))..]) == Crc32.HashToUInt32(stored[..(Bytes - sizeof(uint))]);
        return isWhole ? new Trail(BinaryPrimitives.ReadInt64LittleEndian(stored), BinaryPrimitives.ReadUInt128LittleEndian(stored[8..])) : null;
    }

    /// <summary>The bytes of the file, written to <paramref name="buffer"/>.</summary>
    public ReadOnlySpan<byte> Write(Span<byte> buffer)
    {
        BinaryPrimitives.WriteInt64LittleEndian(buffer, Offset);
        BinaryPrimitives.WriteUInt128LittleEndian(buffer[8..], RecordHash);
        BinaryPrimitives.WriteUInt32LittleEndian(buffer[24..], Crc32.HashToUInt32(buffer[..24]));
        return buffer[..Bytes];
    }
}
