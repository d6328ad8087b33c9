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
    private const int DeleteEntry = 6;
    private const int IncrementEpoch = 8;
    private const uint ExpireOnly = 1;

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

    /// <summary>All names: the next use of each looks it up again. Only with <see cref="FuseConnectionInfo.HasEpoch"/>.</summary>
    public Errno InvalidateAllNames()
    {
        Span<byte> message = stackalloc byte[HeaderBytes];
        message.Clear();
        return Send(message, IncrementEpoch);
    }

    /// <summary>
    /// A name in a directory: the next use looks it up again. If <paramref name="expireOnly"/> (<see cref="FuseConnectionInfo.HasExpireOnly"/>) what hangs on it
    /// stays until then: a working directory, a mount.
    /// </summary>
    public Errno InvalidateName(NodeId parent, ReadOnlySpan<byte> name, bool expireOnly)
    {
        Span<byte> message = stackalloc byte[HeaderBytes + 16 + 256];
        message.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(message[16..], parent.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(message[24..], (uint)name.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(message[28..], expireOnly ? ExpireOnly : 0);
        name.CopyTo(message[32..]);
        return Send(message[..(HeaderBytes + 16 + name.Length + 1)], InvalidateEntry);
    }

    /// <summary>
    /// A name is gone, and <paramref name="child"/>, which it was, has no other: the kernel lets the inode go (FORGET) once nobody has it open. After
    /// <see cref="InvalidateName"/> it would keep it for as long as there is memory. ENOENT also if the name is another inode's by now: it is looked up again then.
    /// </summary>
    public Errno DeleteName(NodeId parent, NodeId child, ReadOnlySpan<byte> name)
    {
        Span<byte> message = stackalloc byte[HeaderBytes + 24 + 256];
        message.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(message[16..], parent.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(message[24..], child.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(message[32..], (uint)name.Length);
        name.CopyTo(message[40..]);
        return Send(message[..(HeaderBytes + 24 + name.Length + 1)], DeleteEntry);
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
