using System.Collections.Concurrent;
using KafkaFs.Fuse.Abi;
using KafkaFs.Fuse.Protocol;
using KafkaFs.Fuse.Session;
using KafkaFs.Posix;

namespace KafkaFs.Fuse.Tests.Mount;

/// <summary>A root with one file in memory; "held" is answered when told, "forget" never.</summary>
internal sealed class OneFile : FuseFileSystem
{
    private static readonly NodeId s_file = new(2);
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    private readonly byte[] _content = new byte[16 * 1024 * 1024];
    private int _size;

    public ConcurrentBag<int> Reads { get; } = [];

    public ConcurrentBag<int> Writes { get; } = [];

    public TaskCompletionSource Held { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource Interrupted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override void Lookup(FuseRequest request, NodeId parent, ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual("held"u8))
        {
            request.Defer();
            Held.TrySetResult();
        }
        else if (name.SequenceEqual("file"u8))
        {
            request.ReplyEntry(new FuseEntry(s_file, Attr(s_file), s_second, s_second));
        }
        else if (!name.SequenceEqual("forget"u8))
        {
            request.ReplyError(Errno.ENOENT);
        }
    }

    public override void GetAttr(FuseRequest request, NodeId node, HandleId? handle) => request.ReplyAttr(Attr(node), s_second);

    public override void SetAttr(FuseRequest request, NodeId node, in SetAttrRequest arguments)
    {
        _size = (arguments.Valid & SetAttrMask.Size) != 0 ? (int)arguments.Size : _size;
        request.ReplyAttr(Attr(node), s_second);
    }

    public override void Open(FuseRequest request, NodeId node, uint flags, bool killSuidGid)
    {
        _size = (flags & 0x200) != 0 ? 0 : _size;
        request.ReplyOpen(new HandleId(1), FuseOpenFlags.None);
    }

    public override void Read(FuseRequest request, NodeId node, HandleId handle, ulong offset, int size)
    {
        Reads.Add(size);
        int length = Math.Max(0, Math.Min(size, _size - (int)offset));
        _content.AsSpan((int)offset, length).CopyTo(request.GetReplyBuffer(size));
        request.ReplyBuffer(length);
    }

    public override void Write(
        FuseRequest request, NodeId node, HandleId handle, ulong offset, ReadOnlySpan<byte> data, FuseWriteFlags writeFlags, uint openFlags)
    {
        Writes.Add(data.Length);
        data.CopyTo(_content.AsSpan((int)offset));
        _size = Math.Max(_size, (int)offset + data.Length);
        request.ReplyWritten((uint)data.Length);
    }

    public override void Flush(FuseRequest request, NodeId node, HandleId handle) => request.ReplyError(Errno.None);

    public override void Interrupt(FuseRequest request)
    {
        Interrupted.TrySetResult();
        request.ReplyError(Errno.EINTR);
    }

    private FuseAttr Attr(NodeId node) => node == s_file
        ? new FuseAttr { Inode = 2, Mode = 0x81b6, Size = (ulong)_size, Links = 1 }
        : new FuseAttr { Inode = 1, Mode = 0x41ff, Links = 2 };
}
