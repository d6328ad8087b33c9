using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;
using KafkaFs.Fuse.Abi;
using KafkaFs.Fuse.Session;
using KafkaFs.Fuse.Tests;
using KafkaFs.Hosting.Metrics;
using KafkaFs.Hosting.Status;
using KafkaFs.Journal;
using KafkaFs.Journal.Contract;
using KafkaFs.Journal.Embedded;
using KafkaFs.MasterHost.FileSystem;
using KafkaFs.MasterHost.Session;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica;
using KafkaFs.Replica.Namespace;
using KafkaFs.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace KafkaFs.MasterHost.Tests.FileSystem;

/// <summary>A master from requests of the kernel to an embedded journal and a tree, without a mount: the kernel is made of byte strings.</summary>
internal sealed class MasterUnderTest : IFuseChannel, IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    private readonly TemporaryFolder _folder = new();
    private readonly BlockingCollection<byte[]> _requests = [];
    private readonly BlockingCollection<byte[]> _replies = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly StallableJournal _journal;
    private readonly MasterSession _session;
    private readonly KafkaFsMetrics _metrics = new(new HostStatus(TimeProvider.System));
    private readonly FuseConnection _connection;
    private readonly Thread _follower;
    private ulong _unique;

    private MasterUnderTest(int? maxRecordBytes, SessionOptions options)
    {
        _journal = new StallableJournal(new EmbeddedJournalProvider(_folder["journal.db"], NullLogger.Instance).OpenAsync(true, default).Result, maxRecordBytes);
        Replica = LocalReplica.Open(new ReplicaOptions { DataRoot = _folder["root"] }, _journal, NullLogger.Instance, TimeProvider.System, default);
        _session = new MasterSession(
            Replica.Applier, _journal, new FakeLogCheck(), options, NullLogger.Instance, TimeProvider.System);
        SessionStart start = new(_session, Replica, TimeProvider.System, NullLogger.Instance);
        SpaceReserve reserve = new(() => new FileSystemStatus { BlockSize = 1, BlocksAvailable = FreeBytes }, 0x1000_0000, NullLogger.Instance, Clock);
        FileSystem = new MasterFileSystem(Replica, _session, reserve, _metrics);
        Replica.Applier.Observer = new MasterObserver(_session, start, FileSystem, Replica.Applier.OwnAppends, logEnd: null);
        _follower = new Thread(() => Replica.Follow(_stop.Token)) { IsBackground = true, Name = "follower" };
        _follower.Start();
        start.RunAsync(new InodeAttributes { Type = InodeType.Directory, Mode = 0x1ed }, default).WaitAsync(s_limit).GetAwaiter().GetResult();
        _connection = new FuseConnection(this, FileSystem, 128 * 1024, NullLogger.Instance);
        Serve(new RequestBytes(FuseOpcode.Init).U32(7).U32(45).U32(131_072).U32(0xffffffff).U32(0xffffffff).U32(0).U64(0).U64(0).U64(0).U64(0).U64(0));
        _replies.Take();
    }

    public LocalReplica Replica { get; }

    public MasterFileSystem FileSystem { get; }

    /// <summary>Of the disk of the data root; looked at anew when <see cref="Clock"/> has moved a second. The reserve is 256 MiB.</summary>
    public ulong FreeBytes { get; set; } = 1ul << 40;

    /// <summary>That of the reserve.</summary>
    public ManualClock Clock { get; } = new();

    /// <summary>The journal takes no record while it is set.</summary>
    public bool IsStalled
    {
        set => _journal.IsStalled = value;
    }

    /// <summary>The journal, which is stalled, takes so many records.</summary>
    public void Let(int records) => _journal.Let(records);

    /// <summary>The journal takes records, and neither has them nor reports them until it is unset.</summary>
    public bool IsSilent
    {
        set => _journal.IsSilent = value;
    }

    /// <summary>Waits for the journal to count as stalled.</summary>
    public void AwaitStall() => Assert.True(SpinWait.SpinUntil(() => _session.Waits.IsStalled, s_limit), "The journal is not stalled.");

    /// <summary>Records in the journal.</summary>
    public long Records => _journal.QueryBounds(0, default).Next;

    /// <param name="maxRecordBytes">What the journal says that it takes; null for its own limit.</param>
    /// <param name="changeTimeoutSeconds">OnStall = fail, after so long; 0: wait.</param>
    public static MasterUnderTest Start(int? maxRecordBytes = null, int stallAfterSeconds = 10, int changeTimeoutSeconds = 0) => new(maxRecordBytes, new SessionOptions
    {
        StallAfter = TimeSpan.FromSeconds(stallAfterSeconds),
        ChangeTimeout = changeTimeoutSeconds > 0 ? TimeSpan.FromSeconds(changeTimeoutSeconds) : null,
    });

    public RequestBytes Request(FuseOpcode opcode, ulong node) => new(opcode, _unique += 2, node);

    /// <summary>The kernel's INTERRUPT of a request.</summary>
    public static RequestBytes InterruptRequest(RequestBytes interrupted) =>
        new RequestBytes(FuseOpcode.Interrupt, interrupted.Unique | 1).U64(interrupted.Unique);

    /// <summary>Serves a request whose answer is <see cref="Answer"/>.</summary>
    public void Serve(RequestBytes request)
    {
        _requests.Add(request.Build());
        Assert.True(_connection.ServeOne());
    }

    /// <summary>No answer comes by itself.</summary>
    public void AssertNoAnswer() => Assert.False(_replies.TryTake(out _, TimeSpan.FromMilliseconds(100)), "There is an answer.");

    /// <summary>The session is over: what it has not appended is lost.</summary>
    public void EndSession() => _session.End();

    /// <summary>Waits until what was answered early is applied, or lost.</summary>
    public void AwaitNothingPending() => Assert.True(SpinWait.SpinUntil(() => FileSystem.PendingBytes == 0, s_limit), "Writes are pending.");

    /// <summary>Waits for the next answer: its error, and the bytes after the header.</summary>
    public (Errno Errno, byte[] Data) Answer()
    {
        Assert.True(_replies.TryTake(out byte[]? reply, s_limit), "There is no answer.");
        return ((Errno)(-BinaryPrimitives.ReadInt32LittleEndian(reply.AsSpan(4))), reply[16..]);
    }

    public (Errno Errno, byte[] Data) Call(RequestBytes request)
    {
        Serve(request);
        return Answer();
    }

    public (Errno Errno, byte[] Data) Create(string name, uint flags = 0x42) =>
        Call(Request(FuseOpcode.Create, 1).U32(flags).U32(0x81a4).U32(0).U32(0).Name(name));

    /// <summary>The node of a new file, and its handle.</summary>
    public (FileId Node, ulong Handle) Created(string name)
    {
        (Errno errno, byte[] data) = Create(name);
        Assert.Equal(Errno.None, errno);
        return (new FileId(BitConverter.ToUInt64(data)), BitConverter.ToUInt64(data, 128));
    }

    public RequestBytes WriteRequest(FileId node, ulong handle, ulong offset, byte[] data, uint openFlags = 2 /* O_RDWR */) => Request(FuseOpcode.Write, node.Value)
        .U64(handle).U64(offset).U32((uint)data.Length).U32(0).U64(0).U32(openFlags).U32(0).Raw(data);

    public RequestBytes FlushRequest(FileId node, ulong handle) => Request(FuseOpcode.Flush, node.Value).U64(handle).U32(0).U32(0).U64(0);

    public Errno Flush(FileId node, ulong handle) => Call(FlushRequest(node, handle)).Errno;

    public RequestBytes FSyncRequest(FileId node, ulong handle) => Request(FuseOpcode.FSync, node.Value).U64(handle).U32(0).U32(0);

    public Errno FSync(FileId node, ulong handle) => Call(FSyncRequest(node, handle)).Errno;

    /// <summary>Another handle of the file, for reading and writing.</summary>
    public ulong Open(FileId node, uint flags = 2 /* O_RDWR */) => BitConverter.ToUInt64(Call(Request(FuseOpcode.Open, node.Value).U32(flags).U32(0)).Data);

    public Errno Write(FileId node, ulong handle, ulong offset, string text) => Call(WriteRequest(node, handle, offset, Encoding.ASCII.GetBytes(text))).Errno;

    public string Read(FileId node, ulong handle) =>
        Encoding.ASCII.GetString(Call(Request(FuseOpcode.Read, node.Value).U64(handle).U64(0).U32(4_096).U32(0).U64(0).U32(0).U32(0)).Data);

    public Errno Unlink(string name) => Call(Request(FuseOpcode.Unlink, 1).Name(name)).Errno;

    /// <summary>struct fuse_attr.</summary>
    public (Errno Errno, ulong Size, uint Mode) GetAttr(FileId node)
    {
        (Errno errno, byte[] data) = Call(Request(FuseOpcode.GetAttr, node.Value).U32(0).U32(0).U64(0));
        return errno == Errno.None ? (errno, BitConverter.ToUInt64(data, 24), BitConverter.ToUInt32(data, 76)) : (errno, 0, 0);
    }

    Errno IFuseChannel.Read(Span<byte> buffer, out int length)
    {
        byte[] request = _requests.Take();
        request.CopyTo(buffer);
        length = request.Length;
        return Errno.None;
    }

    Errno IFuseChannel.Write(ReadOnlySpan<byte> message)
    {
        _replies.Add(message.ToArray());
        return Errno.None;
    }

    public void Dispose()
    {
        IsStalled = false;
        _session.End();
        _stop.Cancel();
        _follower.Join();
        FileSystem.Dispose();
        _session.Dispose();
        Replica.Dispose();
        _journal.Dispose();
        _metrics.Dispose();
        _connection.Dispose();
        _requests.Dispose();
        _replies.Dispose();
        _stop.Dispose();
        _folder.Dispose();
    }

    private sealed class StallableJournal(IJournal inner, int? maxRecordBytes) : IJournal
    {
        private int _let;
        private List<Action>? _kept;

        public bool IsStalled { get; set; }

        public JournalIdentity Identity => inner.Identity;

        public int PartitionCount => inner.PartitionCount;

        public int MaxRecordBytes => maxRecordBytes ?? inner.MaxRecordBytes;

        public string? Trouble => inner.Trouble;

        public JournalBounds QueryBounds(int partition, CancellationToken cancellationToken) => inner.QueryBounds(partition, cancellationToken);

        public IJournalAppender OpenAppender(int partition, IAppendListener listener) => new Appender(this, inner.OpenAppender(partition, listener));

        public IJournalReader OpenReader(int partition, long from) => inner.OpenReader(partition, from);

        public bool IsSilent
        {
            get => _kept is not null;
            set
            {
                List<Action>? kept = _kept;
                _kept = value ? [] : null;
                kept?.ForEach(static append => append());
            }
        }

        public void Let(int records) => Interlocked.Add(ref _let, records);

        private bool TakesOne()
        {
            bool takes = Interlocked.Decrement(ref _let) >= 0;
            Interlocked.Add(ref _let, takes ? 0 : 1);
            return takes;
        }

        public void Dispose() => inner.Dispose();

        private sealed class Appender(StallableJournal journal, IJournalAppender inner) : IJournalAppender
        {
            public bool TryAppend(ReadOnlyMemory<byte> record, long ticket)
            {
                if (journal._kept is List<Action> kept)
                {
                    kept.Add(() => inner.TryAppend(record, ticket));
                    return true;
                }

                return TryAppendNow(record, ticket);
            }

            private bool TryAppendNow(ReadOnlyMemory<byte> record, long ticket) => (!journal.IsStalled || journal.TakesOne()) && inner.TryAppend(record, ticket);

            public void Dispose() => inner.Dispose();
        }
    }
}
