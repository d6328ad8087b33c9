using System.Diagnostics;
using System.Runtime.InteropServices;
using KafkaFs.Fuse.Abi;
using KafkaFs.Fuse.Protocol;
using KafkaFs.Posix;

namespace KafkaFs.Fuse.Session;

/// <summary>
/// One request of the kernel, to be answered exactly once, from any thread. It is used again after that: nobody may keep it, or
/// spans into it, beyond the answer. A second answer throws.
/// </summary>
public sealed unsafe class FuseRequest
{
    /// <summary>Free bytes in front of a request, so that a prefix fits before the data of a WRITE.</summary>
    public const int Headroom = 8_192;

    internal const int OutHeaderBytes = 16;

    private const int Open = 0;
    private const int Answered = 1;
    private const int Abandoned = 2;

    private readonly FuseConnection _connection;
    private readonly byte* _block;
    private readonly int _capacity;
    private InHeader _header;
    private int _length;
    private int _answered;
    private int _holds;
    private bool _deferred;

    internal FuseRequest(FuseConnection connection, int capacity)
    {
        (_connection, _capacity) = (connection, capacity);
        _block = (byte*)NativeMemory.AlignedAlloc((nuint)(Headroom + capacity), 4_096);
    }

    public FuseOpcode Opcode => _header.Opcode;

    public NodeId Node => new(_header.Node);

    public uint Uid => _header.Uid;

    public uint Gid => _header.Gid;

    /// <summary>Id of the thread that made the call; 0 if this process cannot see it.</summary>
    public uint Thread => _header.Pid;

    /// <summary>The kernel has sent an INTERRUPT for it; for requests that are not deferred it is not known before <see cref="Defer"/>.</summary>
    public bool IsInterrupted { get; internal set; }

    /// <summary>What the filesystem keeps with a deferred request, to find it again at an interrupt.</summary>
    public object? State { get; set; }

    /// <summary>When it was read; a Stopwatch timestamp.</summary>
    public long Started { get; private set; }

    internal ulong Unique => _header.Unique;

    internal bool UsesExtendedSetXattr => ((_connection.Info?.Flags ?? InitFlags.None) & InitFlags.SetXattrExtended) != 0;

    internal bool IsAnswered => Volatile.Read(ref _answered) != Open;

    internal bool IsDeferred => _deferred;

    internal Span<byte> Buffer => new(_block + Headroom, _capacity);

    /// <summary>The last <paramref name="length"/> bytes that came with it, which are the data of a WRITE; until it is answered.</summary>
    public ReadOnlySpan<byte> Data(int length) => Body[^length..];

    /// <summary>The bytes after the header.</summary>
    internal ReadOnlySpan<byte> Body => new(_block + Headroom + sizeof(InHeader), _length - sizeof(InHeader));

    /// <summary>
    /// The answer comes later, from another thread. Called before anything that may lead to it. If <see cref="IsInterrupted"/> is set
    /// after it, the interrupt came before: there will be no call of Interrupt for that one.
    /// </summary>
    public void Defer()
    {
        _deferred = true;
        _connection.Track(this);
    }

    /// <summary>Answers without data; None is success.</summary>
    public void ReplyError(Errno errno) => Reply(errno, default);

    public void ReplyEntry(in FuseEntry entry) => ReplyStruct(entry.ToWire());

    public void ReplyAttr(in FuseAttr attr, TimeSpan validity) =>
        ReplyStruct(new GetAttrOut { AttrValid = (ulong)validity.TotalSeconds, AttrValidNs = (uint)validity.Milliseconds * 1_000_000, Attr = attr.ToWire() });

    public void ReplyStatx(in FuseAttr attr, TimeSpan validity) => ReplyStruct(attr.ToStatx(validity));

    public void ReplyOpen(HandleId handle, FuseOpenFlags flags) => ReplyStruct(new OpenOut { Handle = handle.Value, Flags = flags });

    public void ReplyCreate(in FuseEntry entry, HandleId handle, FuseOpenFlags flags)
    {
        Span<byte> payload = stackalloc byte[sizeof(EntryOut) + sizeof(OpenOut)];
        MemoryMarshal.Write(payload, entry.ToWire());
        MemoryMarshal.Write(payload[sizeof(EntryOut)..], new OpenOut { Handle = handle.Value, Flags = flags });
        Reply(Errno.None, payload);
    }

    /// <summary>WRITE: so many bytes were taken.</summary>
    public void ReplyWritten(uint bytes) => ReplyStruct((ulong)bytes);

    /// <summary>GETXATTR, LISTXATTR with a size of 0: the length.</summary>
    public void ReplyXattrSize(uint bytes) => ReplyStruct((ulong)bytes);

    public void ReplyLSeek(ulong offset) => ReplyStruct(offset);

    public void ReplyStatFs(in FuseStatFs status) => ReplyStruct(new StatFsOut
    {
        Blocks = status.Blocks,
        BlocksFree = status.BlocksFree,
        BlocksAvailable = status.BlocksAvailable,
        Files = status.Files,
        FilesFree = status.FilesFree,
        BlockSize = status.BlockSize,
        FragmentSize = status.BlockSize,
        NameLength = status.NameLength,
    });

    /// <summary>Answers with a copy of <paramref name="data"/>.</summary>
    public void ReplyData(ReadOnlySpan<byte> data) => Reply(Errno.None, data);

    /// <summary>
    /// Page-aligned memory for an answer of up to <paramref name="size"/> bytes, to be filled and sent by <see cref="ReplyBuffer"/>.
    /// It overwrites the request: its spans are gone.
    /// </summary>
    public Span<byte> GetReplyBuffer(int size) => Buffer[..Math.Min(size, _capacity)];

    /// <summary>Answers with the first <paramref name="length"/> bytes of <see cref="GetReplyBuffer"/>.</summary>
    public void ReplyBuffer(int length)
    {
        if (!TryTakeAnswer())
        {
            return;
        }

        Span<byte> message = new(_block + Headroom - OutHeaderBytes, OutHeaderBytes + length);
        WriteHeader(message, Errno.None);
        Send(Errno.None, message);
    }

    /// <summary>Packs entries into <see cref="GetReplyBuffer"/>; <see cref="ReplyBuffer"/> with its length sends them.</summary>
    public DirectoryWriter WriteDirectory(int size, bool plus) => new(GetReplyBuffer(size), plus);

    internal void Begin()
    {
        (_answered, _holds, _deferred, IsInterrupted) = (Open, 2, false, false);
    }

    /// <summary>Takes a request that was read; false if it is no request.</summary>
    internal bool TryAccept(int length)
    {
        _length = length;
        Started = Stopwatch.GetTimestamp();
        if (length < sizeof(InHeader))
        {
            return false;
        }

        _header = MemoryMarshal.Read<InHeader>(Buffer);
        return _header.Length == length;
    }

    /// <summary>FORGET and the like: there is no answer, the reader is the only holder.</summary>
    internal void MarkUnanswerable()
    {
        _answered = Answered;
        Release();
    }

    /// <summary>The connection answers instead of who holds it: an answer that comes later is dropped. False if there is one already.</summary>
    internal bool TryAbandon() => Interlocked.CompareExchange(ref _answered, Abandoned, Open) == Open;

    /// <summary>It is not used again before a further <see cref="Release"/>; only while it is held by somebody else.</summary>
    internal void Hold() => Interlocked.Increment(ref _holds);

    /// <summary>The reader, and who answers, each hold the request; it is used again when both are done.</summary>
    internal void Release()
    {
        if (Interlocked.Decrement(ref _holds) == 0)
        {
            State = null;
            _connection.Return(this);
        }
    }

    internal void WriteHeader(Span<byte> message, Errno errno) =>
        MemoryMarshal.Write(message, new OutHeader { Length = (uint)message.Length, Error = -(int)errno, Unique = Unique });

    internal void ReplyInit(in InitOut answer) => ReplyStruct(answer);

    internal void Free() => NativeMemory.AlignedFree(_block);

    private void ReplyStruct<T>(in T value)
        where T : unmanaged
    {
        T copy = value;
        Reply(Errno.None, new ReadOnlySpan<byte>(&copy, sizeof(T)));
    }

    private void Reply(Errno errno, ReadOnlySpan<byte> payload)
    {
        const int small = 512;
        if (!TryTakeAnswer())
        {
            return;
        }

        int length = OutHeaderBytes + payload.Length;
        Span<byte> message = length <= small ? stackalloc byte[small] : new byte[length];
        message = message[..length];
        WriteHeader(message, errno);
        payload.CopyTo(message[OutHeaderBytes..]);
        Send(errno, message);
    }

    // False if nobody waits for the answer any more.
    private bool TryTakeAnswer()
    {
        int state = Interlocked.CompareExchange(ref _answered, Answered, Open);
        if (state == Open)
        {
            return true;
        }

        if (state == Answered || Interlocked.CompareExchange(ref _answered, Answered, Abandoned) != Abandoned)
        {
            throw new InvalidOperationException($"{Opcode} {Unique} was answered twice.");
        }

        Release();
        return false;
    }

    private void Send(Errno errno, ReadOnlySpan<byte> message)
    {
        _connection.Send(this, errno, message);
        Release();
    }
}
