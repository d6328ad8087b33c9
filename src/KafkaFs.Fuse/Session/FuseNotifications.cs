using System.Buffers.Binary;
using KafkaFs.Fuse.Abi;
using KafkaFs.Posix;

namespace KafkaFs.Fuse.Session;

/// <summary>
/// Tells the kernel what changed behind its back. Each call may wait for locks that a call of a user holds, and that one for an
/// answer: so never from a reader thread, the applier, or anything that an answer waits for; from threads of their own only.
/// "Not cached" (ENOENT) is success.
/// </summary>
public sealed class FuseNotifications(IFuseChannel channel)
{
    private const int HeaderBytes = 16;
    private const int InvalidateInode = 2;
    private const int InvalidateEntry = 3;

    private int _underWay;
    private volatile bool _stopped;

    /// <summary>Calls that have not come back from the kernel.</summary>
    internal int UnderWay => Volatile.Read(ref _underWay);

    /// <summary>From here on nothing is told any more: ENODEV. Calls under way go on.</summary>
    internal void Stop() => _stopped = true;

    /// <summary>Attributes of an inode, and if <paramref name="content"/> its cached pages.</summary>
    public Errno InvalidateNode(NodeId node, bool content)
    {
        Span<byte> message = stackalloc byte[HeaderBytes + 24];
        message.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(message[16..], node.Value);
        BinaryPrimitives.WriteInt64LittleEndian(message[24..], content ? 0 : -1);
        BinaryPrimitives.WriteInt64LittleEndian(message[32..], 0);
        return Send(message, InvalidateInode);
    }

    /// <summary>A name in a directory: the next use looks it up again.</summary>
    public Errno InvalidateName(NodeId parent, ReadOnlySpan<byte> name)
    {
        Span<byte> message = stackalloc byte[HeaderBytes + 16 + 256];
        message.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(message[16..], parent.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(message[24..], (uint)name.Length);
        name.CopyTo(message[32..]);
        return Send(message[..(HeaderBytes + 16 + name.Length + 1)], InvalidateEntry);
    }

    private Errno Send(Span<byte> message, int code)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(message, (uint)message.Length);
        BinaryPrimitives.WriteInt32LittleEndian(message[4..], code);
        Interlocked.Increment(ref _underWay);
        try
        {
            Errno errno = _stopped ? Errno.ENODEV : channel.Write(message);
            return errno == Errno.ENOENT ? Errno.None : errno;
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }
}
