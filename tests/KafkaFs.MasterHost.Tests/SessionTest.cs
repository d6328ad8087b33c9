using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Journal.Contract;
using KafkaFs.MasterHost.Session;
using KafkaFs.Posix;
using KafkaFs.Replica;
using KafkaFs.Replica.Apply;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Tree;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Journal;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace KafkaFs.MasterHost.Tests;

/// <summary>A session on a journal that does what the test says, with a clock that stands and a check of the log that answers as told.</summary>
public abstract class SessionTest : IDisposable
{
    internal static readonly Guid Filesystem = Guid.NewGuid();

    private readonly TemporaryFolder _folder = new();
    private long _read;

    protected SessionTest()
    {
        ReplicaOptions options = new() { DataRoot = _folder["root"], Ownership = TreeOwnership.Namespace };
        Replica = LocalReplica.Open(options, Journal, NullLogger.Instance, Clock, default);
        Session = new MasterSession(Replica.Applier, Journal, Check, new SessionOptions { Run = static work => work(), MaxInodes = MaxInodes, ChangeTimeout = TimeSpan.FromSeconds(60) }, NullLogger.Instance, Clock);
        Replica.Applier.Observer = new SessionOnly(Session);
        Journal.Land(Other.FilesystemCreated());
    }

    /// <summary>Inodes that the session can make; more than any test but one needs.</summary>
    internal const int MaxInodes = 100;

    internal VolatileJournal Journal { get; } = new();

    internal ManualClock Clock { get; } = new();

    internal FakeLogCheck Check { get; } = new();

    /// <summary>Writes records as another process of this master would.</summary>
    internal RecordWriter Other { get; } = new(Filesystem, Guid.NewGuid());

    internal LocalReplica Replica { get; }

    internal MasterSession Session { get; }

    public void Dispose()
    {
        Session.Dispose();
        Replica.Dispose();
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    internal void Begin()
    {
        Journal.Land(Other.SessionStarted());
        ReadOn();
        Session.Begin(new SessionId(1), Filesystem);
    }

    internal Call Submit(string name)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(name);
        Change change = new() { Kind = ChangeKind.Mkdir, Parent = FileId.Root, Name = bytes, Mode = 0x1ed };
        return Submit(ref change);
    }

    internal Call Submit(ref Change change)
    {
        Call call = new();
        Assert.Equal(Errno.None, Session.Submit(ref change, call));
        return call;
    }

    internal FileId NewFile()
    {
        Change change = new() { Kind = ChangeKind.Create, Parent = FileId.Root, Name = "file"u8, Mode = 0x1a4 };
        Submit(ref change);
        Journal.Accept(0);
        return FileId.Of(Session.Id, 1);
    }

    internal Call SubmitWrite(FileId file, byte[] data, ChangeFlags flags)
    {
        Change change = new() { Kind = ChangeKind.Write, Inode = file, Data = data, Flags = flags };
        return Submit(ref change);
    }

    internal Change Decoded(int handed)
    {
        Assert.True(ChangeCodec.TryDecode(Journal.Handed[handed].Record, out Change change, out _));
        return change;
    }

    internal string NameOf(int handed) => System.Text.Encoding.UTF8.GetString(Decoded(handed).Name);

    internal (uint Incarnation, ulong Sequence) PlaceOf(int handed) => (Decoded(handed).Header.Incarnation, Decoded(handed).Header.Sequence);

    internal void ReadOn()
    {
        JournalBatch batch = new();
        using IJournalReader reader = Journal.OpenReader(0, _read);
        reader.Read(batch, default);
        Replica.Applier.Apply(batch, default);
        _read = reader.NextOffset;
    }

    /// <summary>Time goes on: what waits for it may go on too, on other threads.</summary>
    internal void Until(Func<bool> condition)
    {
        for (int attempt = 0; !condition(); attempt++)
        {
            Assert.True(attempt < 2_000, "It did not happen.");
            Clock.Advance(1);
            Clock.FireTimers();
            Thread.Sleep(1);
        }
    }

    internal sealed class Call : PendingCall
    {
        public Errno? Answer { get; private set; }

        /// <summary>Bytes of a Write that went in parts.</summary>
        public uint Written { get; private set; }

        public override void Complete(in Change change, Outcome outcome, Effects effects) => Answer = outcome.Errno;

        public override void Abandon(Errno errno) => Answer = errno;

        public override Errno ApplyPart(in Change part, Effects effects) => Errno.None;

        public override void CompleteParts(uint written, Errno errno) => (Answer, Written) = (errno, written);
    }

    private sealed class SessionOnly(MasterSession session) : IApplyObserver
    {
        public void OnDying(FileId inode, long timeNs)
        {
            // Nothing is removed here.
        }

        public void OnApplied(in Change change, Outcome outcome, Effects effects, in JournalRecord record)
        {
            if (change.Header.Session == session.Id && change.Header.Session != SessionId.None)
            {
                session.OnApplied(change, outcome, effects, record.Bytes);
            }
        }
    }
}
