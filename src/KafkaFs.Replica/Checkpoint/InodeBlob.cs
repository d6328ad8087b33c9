using System.Buffers.Binary;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.Replica.Checkpoint;

/// <summary>The attributes of an inode as bytes of fixed length in the index: little-endian, in the order below.</summary>
internal static class InodeBlob
{
    private const int Bytes = 1 + 1 + 2 + (6 * 4) + (6 * 8);

    public static byte[] Write(in InodeAttributes attributes, long birth)
    {
        byte[] blob = new byte[Bytes];
        blob[0] = (byte)attributes.Type;
        blob[1] = attributes.HasAtime ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt16LittleEndian(blob.AsSpan(2), attributes.Mode);
        Span<byte> rest = blob.AsSpan(4);
        Put(ref rest, attributes.Uid, attributes.Gid, attributes.Rdev, attributes.Links, attributes.Entries, attributes.Subdirectories);
        Put(ref rest, (long)attributes.Size, attributes.MtimeNs, attributes.CtimeNs, attributes.BtimeNs, attributes.AtimeNs, birth);
        return blob;
    }

    public static (InodeAttributes Attributes, long Birth) Read(ReadOnlySpan<byte> blob)
    {
        if (blob.Length != Bytes)
        {
            throw new CheckpointException($"the index holds an inode of {blob.Length} bytes instead of {Bytes}: it is damaged");
        }

        ReadOnlySpan<byte> rest = blob[4..];
        InodeAttributes attributes = new()
        {
            Type = (InodeType)blob[0],
            HasAtime = blob[1] != 0,
            Mode = BinaryPrimitives.ReadUInt16LittleEndian(blob[2..]),
            Uid = TakeUInt(ref rest),
            Gid = TakeUInt(ref rest),
            Rdev = TakeUInt(ref rest),
            Links = TakeUInt(ref rest),
            Entries = TakeUInt(ref rest),
            Subdirectories = TakeUInt(ref rest),
            Size = (ulong)TakeLong(ref rest),
            MtimeNs = TakeLong(ref rest),
            CtimeNs = TakeLong(ref rest),
            BtimeNs = TakeLong(ref rest),
            AtimeNs = TakeLong(ref rest),
        };
        return (attributes, TakeLong(ref rest));
    }

    private static void Put(ref Span<byte> rest, params ReadOnlySpan<uint> values)
    {
        foreach (uint value in values)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(rest, value);
            rest = rest[4..];
        }
    }

    private static void Put(ref Span<byte> rest, params ReadOnlySpan<long> values)
    {
        foreach (long value in values)
        {
            BinaryPrimitives.WriteInt64LittleEndian(rest, value);
            rest = rest[8..];
        }
    }

    private static uint TakeUInt(ref ReadOnlySpan<byte> rest)
    {
        uint value = BinaryPrimitives.ReadUInt32LittleEndian(rest);
        rest = rest[4..];
        return value;
    }

    private static long TakeLong(ref ReadOnlySpan<byte> rest)
    {
        long value = BinaryPrimitives.ReadInt64LittleEndian(rest);
        rest = rest[8..];
        return value;
    }
}
