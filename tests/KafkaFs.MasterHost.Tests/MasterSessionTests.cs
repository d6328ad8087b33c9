using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Journal.Contract;
using KafkaFs.MasterHost.Session;
using KafkaFs.Posix;
using KafkaFs.Replica.Namespace;
using Xunit;

namespace KafkaFs.MasterHost.Tests;

/// <summary>A session on a journal that does what the test says: acknowledgement and acceptance are two things.</summary>
public sealed class MasterSessionTests : SessionTest
{
    [Fact]
    public void AReportOfAControlRecordAppliesThatRecordAndNotTheNextOne()
    {
        ReadOn();
        byte[] ours = Other.SessionStarted(1), next = Other.SessionStarted(2);
        Session.AppendControl(ours);
        Session.EndControl();
        Session.AppendControl(next);
        Journal.Accept(0);
        Assert.Equal(2, Replica.Applier.NextOffset);
        Journal.Accept(1);
        Assert.Equal(2U, Replica.Namespace.LastSession);
    }

    [Fact]
    public void ACallIsAnsweredWhenItsRecordIsApplied()
    {
        Begin();
        Call call = Submit("a");
        Assert.Null(call.Answer);
        Journal.Accept(0);
        Assert.Equal(Errno.None, call.Answer);
        Assert.Equal(0, Session.HandedOver);
    }

    // The mount is there before the journal is: calls wait for the session's number.
    [Fact]
    public void WhatIsSubmittedBeforeTheSessionHasBegunWaitsForItsNumberAndIsMadeWithIt()
    {
        Call first = Submit("a"), withdrawn = Submit("b"), last = Submit("c");
        Assert.True(Session.TryWithdraw(withdrawn));
        Clock.FireTimers();
        Assert.Empty(Journal.Handed);
        Begin();
        Assert.Equal([("a", (0U, 0UL)), ("c", (0U, 1UL))], Enumerable.Range(0, 2).Select(handed => (NameOf(handed), PlaceOf(handed))));
        Assert.Equal((FileId.Of(Session.Id, 1), FileId.Of(Session.Id, 3)), (Decoded(0).Inode, Decoded(1).Inode));
        Assert.Equal((Filesystem, Session.Id), (Decoded(0).Header.Filesystem, Decoded(0).Header.Session));
        Journal.Accept(0);
        Journal.Accept(1);
        Assert.Equal((Errno.None, Errno.None, 3), (first.Answer, last.Answer, Replica.Namespace.InodeCount));
    }

    [Fact]
    public void AWriteThatWaitsForTheSessionGoesInPartsIfTheLogTakesLess()
    {
        SubmitWrite(FileId.Of(new SessionId(1), 7), new byte[30_000], ChangeFlags.None);
        Journal.MaxRecordBytes = 20_000;
        Begin();
        Assert.Equal(2, Journal.Handed.Count);
        Assert.Equal([(Session.Id, 0UL), (Session.Id, 1UL)], Enumerable.Range(0, 2).Select(handed => (Decoded(handed).Header.Session, PlaceOf(handed).Sequence)));
        Assert.Equal(30_000, Decoded(0).Data.Length + Decoded(1).Data.Length);
    }

    [Fact]
    public void AnAcknowledgementBehindForeignRecordsWaitsForThem()
    {
        Begin();
        Call call = Submit("a");
        Journal.Land([1, 2, 3]);
        Journal.Accept(0);
        Assert.Null(call.Answer);
        ReadOn();
        Assert.Equal(Errno.None, call.Answer);
    }

    [Fact]
    public void G3_WhatIsInDoubtGoesAgainInOrderWithTheSameBytes()
    {
        Begin();
        Call[] calls = [Submit("a"), Submit("b"), Submit("c")];
        Journal.Report(0, AppendResult.Unknown("timed out"));
        Journal.Accept(1);
        Call later = Submit("d");
        Assert.Equal(3, Journal.Handed.Count);
        Clock.FireTimers();
        Assert.Equal(3, Journal.Handed.Count);
        Journal.Accept(2);
        Assert.Equal(3, Journal.Handed.Count);
        Clock.FireTimers();
        Assert.Equal(Journal.Handed.Take(3).Select(handed => handed.Record), Journal.Handed.Skip(3).Take(3).Select(handed => handed.Record));
        Assert.Equal(7, Journal.Handed.Count);
        Enumerable.Range(3, 4).ToList().ForEach(handed => Journal.Accept(handed));
        ReadOn();
        Assert.All([.. calls, later], call => Assert.Equal(Errno.None, call.Answer));
        Assert.Equal(5, Replica.Namespace.InodeCount);
    }

    [Fact]
    public void G3_ARecordThatLandedThoughItWasInDoubtCountsOnce()
    {
        Begin();
        Call call = Submit("a");
        Journal.Land(Journal.Handed[0].Record);
        Journal.Report(0, AppendResult.Unknown("timed out"));
        Clock.FireTimers();
        Journal.Accept(1);
        ReadOn();
        Assert.Equal(Errno.None, call.Answer);
        Assert.Equal(1, Replica.Applier.Counters.Void(VoidReason.Duplicate));
        Assert.Equal(0, Session.HandedOver);
    }

    [Fact]
    public void G3_ARecordThatWasAcknowledgedAndLostGoesAgainWhenItsSuccessorIsMet()
    {
        Begin();
        Call lost = Submit("a"), kept = Submit("b");
        Journal.Report(0, AppendResult.PlacedSomewhere());
        Journal.Accept(1);
        ReadOn();
        Assert.Null(kept.Answer);
        Clock.FireTimers();
        Assert.Equal(4, Journal.Handed.Count);
        Journal.Accept(2);
        Journal.Accept(3);
        Assert.Equal(Errno.None, lost.Answer);
        Assert.Equal(Errno.None, kept.Answer);
    }

    // The first copy was found by reading, and what becomes of the second does not matter.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void G3_AReportOfACopyWhoseCallIsAnsweredChangesNothing(bool isRefused)
    {
        Begin();
        Call call = Submit("a");
        Journal.Report(0, AppendResult.Unknown("timed out"));
        Clock.FireTimers();
        Journal.Land(Journal.Handed[0].Record);
        ReadOn();
        Assert.Equal(Errno.None, call.Answer);
        Journal.Report(1, isRefused ? AppendResult.Refused("Broker: Policy violation") : AppendResult.Unknown("timed out"));
        Submit("b");
        Assert.Equal(("b", (0U, 1UL), 3), (NameOf(2), PlaceOf(2), Journal.Handed.Count));
    }

    [Fact]
    public void GoingAgainContinuesWhereTheWindowEnded()
    {
        Begin();
        Journal.Window = 3;
        Call[] calls = [Submit("a"), Submit("b"), Submit("c"), Submit("d")];
        for (int handed = 0; handed < 3; handed++)
        {
            Journal.Report(handed, AppendResult.Unknown("broker gone"));
        }

        Journal.Window = 2;
        Clock.FireTimers();
        Journal.Accept(3);
        Journal.Accept(4);
        Assert.Equal(Journal.Handed[..3].Select(handed => handed.Record), Journal.Handed[3..6].Select(handed => handed.Record));
        Assert.Equal(7, Journal.Handed.Count);
        Journal.Accept(5);
        Journal.Accept(6);
        Assert.All(calls, call => Assert.Equal(Errno.None, call.Answer));
    }

    [Fact]
    public void G7_AForeignRecordInOurNameEndsTheSessionAndNotTheReplica()
    {
        Begin();
        Journal.Land(Other.Mkdir("forged"));
        ReadOn();
        Assert.Equal(Hosting.Lifetime.ExitCode.SessionClosed, Session.Failure!.ExitCode);
        Assert.False(Replica.Applier.HasFailed);
        Assert.Equal(2, Replica.Namespace.InodeCount);
    }

    [Fact]
    public void ASessionWithoutANumberForANewInodeEndsWithItsOwnWords()
    {
        Begin();
        Call last = new();
        for (int made = 0; made < MaxInodes; made++)
        {
            last = Submit("a");
        }

        Change unlink = new() { Kind = ChangeKind.Unlink, Parent = FileId.Root, Name = "a"u8 };
        Assert.Equal(Errno.None, Session.Submit(ref unlink, new Call()));
        Change change = new() { Kind = ChangeKind.Mkdir, Parent = FileId.Root, Name = "a"u8 };
        Assert.Equal(Errno.EIO, Session.Submit(ref change, new Call()));
        Assert.Equal(Hosting.Lifetime.ExitCode.SessionExhausted, Session.Failure!.ExitCode);
        Assert.Equal("session 1 has made 100 inodes, all that it has numbers for; the next start opens another session", Session.Failure.Message);
        Assert.True(Session.Ended.IsCompletedSuccessfully);
        Assert.Equal(Errno.EIO, last.Answer);
    }

    [Fact]
    public void AnEndMayBeToldAgainAndAfterDispose()
    {
        Begin();
        Session.End(new HostFailure(Hosting.Lifetime.ExitCode.SessionClosed, "first"));
        Session.Dispose();
        Session.End(new HostFailure(Hosting.Lifetime.ExitCode.Internal, "second"));
        Session.Dispose();
        Assert.Equal("first", Session.Failure!.Message);
        Assert.Equal((1, 1), (Journal.Appenders, Journal.Disposed));
    }

    [Fact]
    public void AProducerThatIsMadeAfterTheEndIsDisposedByItsMaker()
    {
        Begin();
        Clock.Advance(60);
        Journal.Opening = () => Session.End();
        Journal.Fail(AppenderFailure.Client, "fatal");
        Assert.Equal((2, 2), (Journal.Appenders, Journal.Disposed));
    }

    [Fact]
    public void AReportThatMadeTheSessionThrowIsAMistakeOfOursAndNotOfTheLog()
    {
        Begin();
        Call call = Submit("a");
        Journal.Fail(AppenderFailure.Listener, "thrown");
        Assert.Equal(Hosting.Lifetime.ExitCode.Internal, Session.Failure!.ExitCode);
        Assert.Equal(Errno.EIO, call.Answer);
        Change change = new() { Kind = ChangeKind.Mkdir };
        Assert.Equal(Errno.EIO, Session.Submit(ref change, new Call()));
    }
}
