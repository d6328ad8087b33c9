using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Tree;

namespace KafkaFs.Replica.Tests.Namespace;

/// <summary>A namespace that records are applied to, one after the other, without a tree.</summary>
internal sealed class TestLog
{
    public const long Second = 1_000_000_000;

    private readonly Evaluation _evaluation;
    private readonly Dictionary<uint, (ulong Sequence, uint Counter)> _writers = [];

    public TestLog() => _evaluation = new Evaluation(State);

    public static Guid Filesystem { get; } = new("11111111-2222-3333-4444-555555555555");

    public NamespaceState State { get; } = new();

    public Effects Effects { get; } = new();

    /// <summary>Where effects are made real, if anywhere.</summary>
    public DataTree? Tree { get; set; }

    public TreeResult LastTreeResult { get; private set; }

    /// <summary>
    /// The tree may refuse a record, which is then as if it had never been appended: appending the same again is the retry. Else a
    /// refusal fails the test.
    /// </summary>
    public bool MayBeRefused { get; set; }

    /// <summary>Append time of the next record, milliseconds since 1970.</summary>
    public long NowMs { get; set; } = 1_700_000_000_000;

    /// <summary>A filesystem with sessions 1, 2, ... of as many masters.</summary>
    public static TestLog WithSessions(int count = 1)
    {
        TestLog log = new();
        log.Create();
        for (int index = 1; index <= count; index++)
        {
            Assert(log.Start(Master(index), 1).IsAccepted);
        }

        return log;
    }

    public static Guid Master(int number) => new(number, 0, 0, [0, 0, 0, 0, 0, 0, 0, 1]);

    public Outcome Create(Limits? limits = null)
    {
        Change change = new() { Kind = ChangeKind.FilesystemCreated, Mode = 0x1ed, Limits = limits ?? Limits.Default };
        return Append(ref change, 0, 0);
    }

    public Outcome Start(Guid master, ulong run)
    {
        Change change = new() { Kind = ChangeKind.SessionStarted, Master = master, Run = run, Uuid = Guid.NewGuid() };
        return Append(ref change, 0, 0);
    }

    /// <summary>Appends with the next sequence, and for a new inode the next counter, of a session.</summary>
    public Outcome Do(ref Change change, uint session = 1)
    {
        (ulong sequence, uint counter) = _writers.GetValueOrDefault(session);
        if (change.Kind is ChangeKind.Create or ChangeKind.Mkdir or ChangeKind.Mknod or ChangeKind.Symlink && change.Inode.IsNone)
        {
            change.Inode = FileId.Of(new SessionId(session), ++counter);
        }

        Outcome outcome = Append(ref change, session, sequence);
        if (LastTreeResult.Succeeded)
        {
            _writers[session] = (sequence + 1, counter);
        }

        return outcome;
    }

    /// <summary>Appends with a given sequence; the bytes go through the codec.</summary>
    public Outcome Append(ref Change change, uint session, ulong sequence, uint incarnation = 0)
    {
        change.Header.Filesystem = Filesystem;
        change.Header.Level = 1;
        change.Header.Session = new SessionId(session);
        change.Header.Sequence = sequence;
        change.Header.Incarnation = incarnation;
        change.Header.TimeNs = change.Header.TimeNs == 0 ? NowMs * 1_000_000 : change.Header.TimeNs;
        return Apply(ChangeCodec.Encode(change));
    }

    public Outcome Apply(ReadOnlySpan<byte> record)
    {
        bool wellFormed = ChangeCodec.TryDecode(record, out Change change, out _);
        Effects.Clear();
        long offset = State.NextOffset;
        Outcome outcome = _evaluation.Evaluate(change, wellFormed, offset, NowMs, Effects);
        LastTreeResult = Tree is not null && Effects.Kind != EffectKind.None ? Tree.Realize(change, Effects, State) : TreeResult.Success;
        if (!LastTreeResult.Succeeded)
        {
            Xunit.Assert.True(MayBeRefused, $"The tree refuses: {LastTreeResult}");
            return outcome;
        }

        State.Publish(change, outcome, Effects, offset);
        return outcome;
    }

    public Outcome Make(ChangeKind kind, FileId parent, string name, out FileId inode, uint session = 1, uint mode = 0x1a4)
    {
        byte[] bytes = Bytes(name);
        Change change = new() { Kind = kind, Parent = parent, Name = bytes, Mode = kind == ChangeKind.Symlink ? 0 : mode };
        if (kind == ChangeKind.Symlink)
        {
            change.Data = "target"u8;
        }

        Outcome outcome = Do(ref change, session);
        inode = change.Inode;
        return outcome;
    }

    public FileId Make(ChangeKind kind, FileId parent, string name)
    {
        Assert(Make(kind, parent, name, out FileId inode) == Outcome.Success);
        return inode;
    }

    public Outcome Rename(FileId parent, string name, FileId newParent, string newName, ChangeFlags flags = 0, uint session = 1)
    {
        byte[] from = Bytes(name), to = Bytes(newName);
        Change change = new() { Kind = ChangeKind.Rename, Parent = parent, Name = from, NewParent = newParent, NewName = to, Flags = flags };
        return Do(ref change, session);
    }

    public Outcome Remove(ChangeKind kind, FileId parent, string name)
    {
        byte[] bytes = Bytes(name);
        Change change = new() { Kind = kind, Parent = parent, Name = bytes };
        return Do(ref change);
    }

    public Outcome Link(FileId inode, FileId parent, string name)
    {
        byte[] bytes = Bytes(name);
        Change change = new() { Kind = ChangeKind.Link, Inode = inode, Parent = parent, Name = bytes };
        return Do(ref change);
    }

    public Outcome Write(FileId inode, ulong offset, int length, ChangeFlags flags = 0)
    {
        byte[] data = [.. Enumerable.Repeat((byte)0x5a, length)];
        Change change = new() { Kind = ChangeKind.Write, Inode = inode, Offset = offset, Data = data, Flags = flags };
        return Do(ref change);
    }

    public InodeAttributes Attributes(FileId inode)
    {
        Assert(State.TryGetAttributes(inode, out InodeAttributes attributes));
        return attributes;
    }

    public static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    private static void Assert(bool condition) => Xunit.Assert.True(condition);
}
