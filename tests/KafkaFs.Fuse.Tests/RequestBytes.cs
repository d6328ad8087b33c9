using System.Buffers.Binary;
using KafkaFs.Fuse.Abi;

namespace KafkaFs.Fuse.Tests;

/// <summary>Builds requests field by field, as linux/fuse.h lays them out.</summary>
internal sealed class RequestBytes
{
    private readonly List<byte> _bytes = [];

    public RequestBytes(FuseOpcode opcode, ulong unique = 2, ulong node = 1)
    {
        Unique = unique;
        U32(0);             // len, set at the end
        U32((uint)opcode);  // opcode
        U64(unique);        // unique
        U64(node);          // nodeid
        U32(1_000);         // uid
        U32(100);           // gid
        U32(4_711);         // pid
        U32(0);             // total_extlen, padding
    }

    public ulong Unique { get; }

    /// <summary>The request of another user.</summary>
    public RequestBytes As(uint uid)
    {
        const int offsetOfUid = 24;
        for (int index = 0; index < sizeof(uint); index++)
        {
            _bytes[offsetOfUid + index] = (byte)(uid >> (8 * index));
        }

        return this;
    }

    public RequestBytes U32(uint value)
    {
        _bytes.AddRange(BitConverter.GetBytes(value));
        return this;
    }

    public RequestBytes U64(ulong value)
    {
        _bytes.AddRange(BitConverter.GetBytes(value));
        return this;
    }

    public RequestBytes Name(string name)
    {
        _bytes.AddRange(System.Text.Encoding.UTF8.GetBytes(name));
        _bytes.Add(0);
        return this;
    }

    public RequestBytes Raw(params byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public byte[] Build(int? length = null)
    {
        byte[] request = [.. _bytes.Take(length ?? _bytes.Count)];
        if (request.Length >= 4)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(request, (uint)request.Length);
        }

        return request;
    }
}
