using System.Buffers.Binary;

namespace KafkaFs.Fuse.Tests;

/// <summary>What the kernel is to get, field by field.</summary>
internal sealed class ReplyBytes
{
    private readonly List<byte> _bytes = [];

    public ReplyBytes(ulong unique = 2, int error = 0)
    {
        U32(0);             // len, set at the end
        U32((uint)-error);  // error, negative
        U64(unique);        // unique
    }

    public ReplyBytes U16(ushort value)
    {
        _bytes.AddRange(BitConverter.GetBytes(value));
        return this;
    }

    public ReplyBytes U32(uint value)
    {
        _bytes.AddRange(BitConverter.GetBytes(value));
        return this;
    }

    public ReplyBytes U64(ulong value)
    {
        _bytes.AddRange(BitConverter.GetBytes(value));
        return this;
    }

    public ReplyBytes Text(string text)
    {
        _bytes.AddRange(System.Text.Encoding.UTF8.GetBytes(text));
        return this;
    }

    public ReplyBytes Zeroes(int count)
    {
        _bytes.AddRange(new byte[count]);
        return this;
    }

    /// <summary>struct fuse_attr of <see cref="ReplyTests.Attr"/>.</summary>
    public ReplyBytes Attr() => this
        .U64(7 /* ino */).U64(8 /* size */).U64(9 /* blocks */)
        .U64(1 /* atime */).U64(2 /* mtime */).U64(unchecked((ulong)-3) /* ctime */)
        .U32(100 /* atimensec */).U32(200 /* mtimensec */).U32(999_999_999 /* ctimensec: -2.000000001 s */)
        .U32(0x81a4 /* mode */).U32(10 /* nlink */).U32(11 /* uid */).U32(12 /* gid */).U32(0x12345678 /* rdev */)
        .U32(4_096 /* blksize */).U32(0 /* flags */);

    /// <summary>struct fuse_entry_out of <see cref="ReplyTests.Entry"/>.</summary>
    public ReplyBytes Entry() => this
        .U64(7 /* nodeid */).U64(0 /* generation */).U64(1 /* entry_valid */).U64(2 /* attr_valid */)
        .U32(500_000_000 /* entry_valid_nsec */).U32(250_000_000 /* attr_valid_nsec */).Attr();

    public byte[] Build()
    {
        byte[] reply = [.. _bytes];
        BinaryPrimitives.WriteUInt32LittleEndian(reply, (uint)reply.Length);
        return reply;
    }
}
