using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Replica.Namespace;
using Xunit;

namespace KafkaFs.Replica.Tests.Namespace;

public sealed class SessionRuleTests
{
    private readonly TestLog _log = TestLog.WithSessions(1);

    [Fact]
    public void G3_ARepetitionIsVoid()
    {
        Assert.Equal(Outcome.Success, Make("a", 0, 1));
        Assert.Equal(Outcome.IsVoid(VoidReason.Duplicate), Make("a", 0, 1));
        Assert.Equal(Outcome.Success, Make("b", 1, 2));
    }

    [Fact]
    public void G3_ARecordAheadOfItsTurnIsVoidNowAndAcceptedWhenItComesAgain()
    {
        // Of pipelined records 0..4 the third was refused by the broker: 0, 1, 3, 4 landed; then 2, 3, 4 again.
        Assert.Equal(Outcome.Success, Make("0", 0, 1));
        Assert.Equal(Outcome.Success, Make("1", 1, 2));
        Assert.Equal(Outcome.IsVoid(VoidReason.SequenceAhead), Make("3", 3, 4));
        Assert.Equal(Outcome.IsVoid(VoidReason.SequenceAhead), Make("4", 4, 5));
        Assert.Equal(Outcome.Success, Make("2", 2, 3));
        Assert.Equal(Outcome.Success, Make("3", 3, 4));
        Assert.Equal(Outcome.Success, Make("4", 4, 5));
        Assert.Equal(5, _log.State.EntryCount);
    }

    [Fact]
    public void AFailedOrMalformedRecordUsesUpItsSequence()
    {
        Assert.Equal(Outcome.Success, Make("a", 0, 1));
        Assert.False(Make("a", 1, 2) == Outcome.Success);
        byte[] unknownKind = [.. Header(2), 0xf2, 0x0f, 0x00];
        Assert.Equal(Outcome.IsVoid(VoidReason.Malformed), _log.Apply(unknownKind));
        Assert.Equal(Outcome.Success, Make("b", 3, 4));
    }

    [Fact]
    public void StrayBytesAreVoidAndNothingStops()
    {
        Assert.Equal(Outcome.IsVoid(VoidReason.Malformed), _log.Apply("hello, this is no record"u8));
        Assert.Equal(Outcome.IsVoid(VoidReason.Malformed), _log.Apply([]));
        Assert.Equal(Outcome.Success, Make("a", 0, 1));
    }

    [Fact]
    public void ANewRunClosesTheOlderSessionsOfItsMaster()
    {
        Assert.Equal(Outcome.Success, Make("a", 0, 1));
        Assert.Equal(Outcome.Success, _log.Start(TestLog.Master(1), 2));
        Assert.Equal(Outcome.IsVoid(VoidReason.SessionClosed), Make("ghost", 1, 2));
        Assert.Equal(2U, _log.State.LastSession);
    }

    [Fact]
    public void ARunThatIsNotAboveTheLastIsVoid()
    {
        Assert.Equal(Outcome.IsVoid(VoidReason.RunNotAbove), _log.Start(TestLog.Master(1), 1));
        Assert.Equal(Outcome.Success, _log.Start(TestLog.Master(1), 5));
        Assert.Equal(Outcome.IsVoid(VoidReason.RunNotAbove), _log.Start(TestLog.Master(1), 4));
    }

    [Fact]
    public void OnlyTheFirstFilesystemCreatedCounts()
    {
        Assert.Equal(Outcome.IsVoid(VoidReason.NotFirst), _log.Create());
        Change other = new() { Kind = ChangeKind.Mkdir, Inode = new FileId(0x100000001), Parent = FileId.Root, Name = "d"u8 };
        other.Header.Filesystem = Guid.NewGuid();
        other.Header.Level = 1;
        other.Header.Session = new SessionId(1);
        Assert.Equal(Outcome.IsVoid(VoidReason.OtherFilesystem), _log.Apply(ChangeCodec.Encode(other)));
    }

    [Fact]
    public void AFenceStartsTheSequenceAnewAndVoidsWhatWasGivenUp()
    {
        Assert.Equal(Outcome.Success, Make("a", 0, 1));
        Change fence = new() { Kind = ChangeKind.Fence, NewIncarnation = 1 };
        Assert.Equal(Outcome.Success, _log.Append(ref fence, 1, 0));
        Assert.Equal(Outcome.IsVoid(VoidReason.OtherIncarnation), Make("given up", 1, 2));
        Assert.Equal(Outcome.Success, Make("b", 0, 3, incarnation: 1));
    }

    [Fact]
    public void AFenceThatClaimsASequenceIsVoid()
    {
        Assert.Equal(Outcome.Success, Make("a", 0, 1));
        Change fence = new() { Kind = ChangeKind.Fence, NewIncarnation = 1 };
        Assert.Equal(Outcome.IsVoid(VoidReason.Malformed), _log.Append(ref fence, 1, 1));
        Assert.Equal(Outcome.Success, Make("b", 1, 2));
    }

    [Fact]
    public void AForgedFileIdIsVoid()
    {
        Assert.Equal(Outcome.Success, Make("a", 0, 5));
        Assert.Equal(Outcome.IsVoid(VoidReason.ImpossibleFileId), Make("b", 1, 5));
        Assert.Equal(Outcome.IsVoid(VoidReason.ImpossibleFileId), Make("c", 2, 9, ofSession: 2));
        Assert.Equal(Outcome.Success, Make("d", 3, 6));
    }

    [Fact]
    public void AnotherLevelIsVoidUntilItIsRaised()
    {
        byte[] level2 = Level2("a", 0);
        Assert.Equal(Outcome.IsVoid(VoidReason.OtherLevel), _log.Apply(level2));
        Change raise = new() { Kind = ChangeKind.FormatRaised, NewLevel = 2 };
        Assert.Equal(Outcome.Success, _log.Append(ref raise, 1, 0));
        Assert.Equal(2U, _log.State.Level);
        Assert.Equal(Outcome.Success, _log.Apply(Level2("a", 1)));
    }

    [Fact]
    public void AtMost1024SessionsAreOpen()
    {
        for (int index = 2; index <= NamespaceState.MaxSessions; index++)
        {
            Assert.Equal(Outcome.Success, _log.Start(TestLog.Master(index), 1));
        }

        Assert.Equal(Outcome.IsVoid(VoidReason.RunNotAbove), _log.Start(TestLog.Master(5_000), 1));
        Change end = new() { Kind = ChangeKind.SessionEnded, Closes = new SessionId(7) };
        Assert.Equal(Outcome.Success, _log.Append(ref end, 1, 0));
        Assert.Equal(Outcome.Success, _log.Start(TestLog.Master(5_000), 1));
    }

    [Fact]
    public void OfCrashedMastersThatFillTheTableEachCanStartAgain()
    {
        for (int index = 2; index <= NamespaceState.MaxSessions; index++)
        {
            Assert.Equal(Outcome.Success, _log.Start(TestLog.Master(index), 1));
        }

        Assert.Equal(Outcome.Success, _log.Start(TestLog.Master(7), 2));
        Assert.Equal(NamespaceState.MaxSessions, _log.State.Sessions.Count);
        Assert.Equal(Outcome.IsVoid(VoidReason.RunNotAbove), _log.Start(TestLog.Master(5_000), 1));
    }

    private static byte[] Level2(string name, ulong sequence)
    {
        byte[] bytes = TestLog.Bytes(name);
        Change change = new() { Kind = ChangeKind.Mkdir, Inode = FileId.Of(new SessionId(1), 100), Parent = FileId.Root, Name = bytes };
        change.Header.Filesystem = TestLog.Filesystem;
        change.Header.Level = 2;
        change.Header.Session = new SessionId(1);
        change.Header.Sequence = sequence;
        return ChangeCodec.Encode(change);
    }

    private static byte[] Header(ulong sequence) => new Journal.Protobuf.FuseChange
    {
        Header = new Journal.Protobuf.Header
        {
            Filesystem = Google.Protobuf.ByteString.CopyFrom(TestLog.Filesystem.ToByteArray(bigEndian: true)),
            Level = 1,
            Session = 1,
            Sequence = sequence,
        },
    } is { } change ? Google.Protobuf.MessageExtensions.ToByteArray(change) : [];

    private Outcome Make(string name, ulong sequence, uint counter, uint incarnation = 0, uint ofSession = 1)
    {
        byte[] bytes = TestLog.Bytes(name);
        Change change = new() { Kind = ChangeKind.Mkdir, Inode = FileId.Of(new SessionId(ofSession), counter), Parent = FileId.Root, Name = bytes };
        return _log.Append(ref change, 1, sequence, incarnation);
    }
}
