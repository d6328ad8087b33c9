using KafkaFs.Hosting.Lifetime;
using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Journal.Contract;
using KafkaFs.Posix;
using KafkaFs.Replica.Namespace;
using KafkaFs.TestKit.Journal;
using Xunit;

namespace KafkaFs.MasterHost.Tests;

/// <summary>
/// The design's table "Appends: what is known, what a master does", a row a test, as a session deals with it. What makes a Kafka client
/// report which row is in the table's tests of the Kafka provider. Of refusals: <see cref="RefusedAppendTests"/>.
/// </summary>
public sealed class AppendTableTests : SessionTest
{
    private static readonly JournalRefusedException s_truncated = new(JournalRefusal.Truncated, "the journal ends at 1: truncated or restored");

    [Fact]
    public void AckAtTheNextOffset_IsAppliedFromMemory()
    {
        Begin();
        Call call = Submit("a");
        Journal.Accept(0);
        Assert.Equal(Errno.None, call.Answer);
        Assert.False(Replica.Applier.HasGap);
    }

    [Fact]
    public void AckBehindOtherRecords_TheGapIsReadAndAppliedInOrder()
    {
        Begin();
        Call call = Submit("a");
        Journal.Land([1, 2, 3]);
        Journal.Accept(0);
        Assert.Null(call.Answer);
        Assert.True(Replica.Applier.HasGap);
        ReadOn();
        Assert.Equal(Errno.None, call.Answer);
        Assert.False(Replica.Applier.HasGap);
    }

    [Fact]
    public void AckBehindOtherRecords_TheGapMayHoldEarlierCopiesOfOurOwn()
    {
        Begin();
        Call call = Submit("a");
        Journal.Report(0, AppendResult.Unknown("timed out"));
        Clock.FireTimers();
        Journal.Land(Journal.Handed[0].Record);
        Journal.Accept(1);
        ReadOn();
        Assert.Equal(Errno.None, call.Answer);
        Assert.Equal(1, Replica.Applier.Counters.Void(VoidReason.Duplicate));
    }

    [Fact]
    public void AckBelowTheAppliedPosition_OfOurOwnRecord_IsNothing()
    {
        Begin();
        Call call = Submit("a");
        long offset = Journal.Land(Journal.Handed[0].Record);
        ReadOn();
        Assert.Equal(Errno.None, call.Answer);
        Journal.Report(0, AppendResult.Placed(offset, VolatileJournal.AppendTimeMs));
        Assert.Empty(Check.Suspicions);
        Assert.Equal(1, Journal.Appenders);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AckBelowTheAppliedPosition_OfAnotherRecord_FreezesAppendsUntilTheLogIsChecked(bool isOurs)
    {
        Begin();
        Check.Answer = static () => new JournalUnavailableException("nobody answers");
        Call call = Submit("a");
        Journal.Land([1, 2, 3]);
        ReadOn();
        Journal.Report(0, AppendResult.Placed(2, VolatileJournal.AppendTimeMs));
        Assert.Contains("at 2, where this replica has applied another one", Assert.Single(Check.Suspicions), StringComparison.Ordinal);
        Submit("b");
        Until(() => Check.Questions > 2);
        Assert.Single(Journal.Handed);
        Assert.Equal((1, 1), (Journal.Appenders, Journal.Disposed));

        Check.Answer = () => isOurs ? null : s_truncated;
        if (isOurs)
        {
            Until(() => Journal.Handed.Count == 3);
            Assert.Equal(Journal.Handed[0].Record, Journal.Handed[1].Record);
            Journal.Accept(1);
            Assert.Equal(Errno.None, call.Answer);
        }
        else
        {
            Until(() => Session.Failure is not null);
            Assert.Equal((ExitCode.JournalRefused, s_truncated.Message), (Session.Failure!.ExitCode, Session.Failure.Message));
            Assert.Single(Journal.Handed);
        }
    }

    // Restored to a state of long ago, or only very late: nothing near that offset is remembered.
    [Fact]
    public void AckBelowTheAppliedPosition_OlderThanWhatIsKept_IsSuspectedAndGoesAgainAndNoVerdict()
    {
        Begin();
        Call call = Submit("a");
        for (int record = 0; record < 5_000; record++)
        {
            Journal.Land([1, 2, 3]);
        }

        ReadOn();
        ReadOn();
        Journal.Report(0, AppendResult.Placed(2, VolatileJournal.AppendTimeMs));
        Assert.Contains("does not know any more", Assert.Single(Check.Suspicions), StringComparison.Ordinal);
        Assert.Equal((0, 1, 0), (Check.Questions, Journal.Appenders, Journal.Disposed));
        Clock.FireTimers();
        Assert.Equal(Journal.Handed[0].Record, Journal.Handed[1].Record);
        Journal.Accept(1);
        Assert.Equal(Errno.None, call.Answer);
    }

    [Fact]
    public void AckWithoutOffset_TheLogIsReadUntilTheRecordAppears()
    {
        Begin();
        Call call = Submit("a");
        Journal.Land([1, 2, 3]);
        Journal.Land(Journal.Handed[0].Record);
        Journal.Report(0, AppendResult.PlacedSomewhere());
        Assert.True(Replica.Applier.HasGap);
        ReadOn();
        Assert.Equal(Errno.None, call.Answer);
        Assert.False(Replica.Applier.HasGap);
    }

    [Fact]
    public void AckWithoutOffset_OfARecordThatIsNowhere_GoesAgain()
    {
        Begin();
        Call call = Submit("a");
        Journal.Report(0, AppendResult.PlacedSomewhere());
        Clock.Advance(9);
        Clock.FireTimers();
        Assert.Single(Journal.Handed);
        Clock.Advance(1);
        Clock.FireTimers();
        Journal.Accept(1);
        Assert.Equal(Errno.None, call.Answer);
    }

    [Fact]
    public void AckWithoutOffset_OfAControlRecordThatIsNowhere_IsAStallAndGoesAgain()
    {
        ReadOn();
        byte[] start = Other.SessionStarted();
        Session.AppendControl(start);
        Journal.Report(0, AppendResult.PlacedSomewhere());
        Assert.True(Replica.Applier.HasGap);
        Clock.Advance(10);
        Assert.StartsWith("1 records wait", Session.Stall, StringComparison.Ordinal);
        Clock.FireTimers();
        Assert.Equal([start, start], Journal.Handed.Select(handed => handed.Record));
        Journal.Accept(1);
        Session.EndControl();
        Assert.False(Replica.Applier.HasGap);
        Clock.Advance(10);
        Clock.FireTimers();
        Assert.Equal((2, null), (Journal.Handed.Count, Session.Stall));
    }

    [Fact]
    public void AckWithoutOffset_OfAFence_TheLogIsReadOnWhenACallAppearsBeforeIt()
    {
        Begin();
        Call first = Submit("a");
        Submit("b");
        Journal.Report(0, AppendResult.Unknown("timed out"));
        Journal.Report(1, AppendResult.Refused("Broker: Policy violation"));
        Clock.FireTimers();
        Assert.Equal(ChangeKind.Fence, Decoded(2).Kind);
        Journal.Report(2, AppendResult.PlacedSomewhere());
        Journal.Land(Journal.Handed[0].Record);
        ReadOn();
        Assert.Equal(Errno.None, first.Answer);
        Assert.True(Replica.Applier.HasGap);
        Journal.Land(Journal.Handed[2].Record);
        ReadOn();
        Assert.False(Replica.Applier.HasGap);
    }

    [Fact]
    public void TransportErrorsAndTheirLike_AreWaitedFor()
    {
        Begin();
        Call call = Submit("a");
        Journal.Trouble = "1/1 brokers are down";
        Clock.Advance(60);
        Clock.FireTimers();
        Assert.Single(Journal.Handed);
        Assert.EndsWith("1/1 brokers are down", Session.Stall, StringComparison.Ordinal);
        Journal.Accept(0);
        Assert.Equal(Errno.None, call.Answer);
    }

    [Fact]
    public void NothingForStallAfter_IsAStallUntilTheNextReport()
    {
        Begin();
        Submit("a");
        Submit("b");
        Clock.Advance(9);
        Assert.Null(Session.Stall);
        Clock.Advance(1);
        Assert.Equal("2 records wait for the journal, which has reported none since 00:00:00 UTC: no cause is known", Session.Stall);
        Journal.Accept(0);
        Assert.Null(Session.Stall);
        Clock.Advance(10);
        Assert.StartsWith("1 records wait", Session.Stall, StringComparison.Ordinal);
        Journal.Accept(1);
        Assert.Null(Session.Stall);
        Clock.Advance(1_000);
        Assert.Null(Session.Stall);
    }

    [Fact]
    public void NothingForStallAfter_ReportsThatNothingIsKnownAreNone()
    {
        Begin();
        Submit("a");
        for (int second = 0; second < 11; second++)
        {
            Journal.Report(second, AppendResult.Unknown("disk full"));
            Clock.Advance(1);
            Clock.FireTimers();
        }

        Assert.NotNull(Session.Stall);
    }

    [Fact]
    public void QueueFull_TheRecordStaysInOurQueueAndCanBeWithdrawn()
    {
        Begin();
        Journal.Window = 1;
        Call first = Submit("a"), withdrawn = Submit("b"), last = Submit("c");
        Assert.Single(Journal.Handed);
        Assert.True(Session.TryWithdraw(withdrawn));
        Assert.False(Session.TryWithdraw(first));
        Journal.Accept(0);
        Journal.Accept(1);
        Assert.Equal(Errno.None, last.Answer);
        Assert.Null(withdrawn.Answer);
    }

    [Fact]
    public void QueueFull_AWriteThatIsTooLongForOneRecordCanBeWithdrawnUntilAPartHasGone()
    {
        Begin();
        FileId file = NewFile();
        Journal.MaxRecordBytes = 40_000;
        Journal.Window = 0;
        Call withdrawn = SubmitWrite(file, new byte[100_000], ChangeFlags.None);
        Assert.True(Session.TryWithdraw(withdrawn));
        Assert.Equal(0, Session.Queued);
        Journal.Window = 1;
        Call begun = SubmitWrite(file, new byte[100_000], ChangeFlags.None);
        Assert.False(Session.TryWithdraw(begun));
        Assert.Equal((1, 2), (Session.HandedOver, Session.Queued));
    }

    [Fact]
    public void TimedOutOrPurged_TheSameBytesGoAgainFromTheLowestUnacknowledged()
    {
        Begin();
        Call[] calls = [Submit("a"), Submit("b"), Submit("c")];
        Journal.Accept(0);
        Journal.Report(1, AppendResult.Unknown("Local: Message timed out"));
        Journal.Report(2, AppendResult.Unknown("Local: Purged in queue"));
        Clock.FireTimers();
        Assert.Equal(Journal.Handed[1..3].Select(handed => handed.Record), Journal.Handed[3..].Select(handed => handed.Record));
        Journal.Accept(3);
        Journal.Accept(4);
        Assert.All(calls, call => Assert.Equal(Errno.None, call.Answer));
    }

    [Fact]
    public void Forbidden_StallsWithTheMissingRightAndANewProducerComesEveryTenSeconds()
    {
        Begin();
        Clock.Advance(60);
        Check.Answer = () => Check.Questions % 2 == 1 ? new JournalUnavailableException("nobody answers") : null;
        Call call = Submit("a");
        const string words = "the brokers do not allow Write on topic 'T'";
        for (int producer = 2; producer < 5; producer++)
        {
            Journal.Fail(AppenderFailure.Forbidden, words);
            Assert.Equal(words, Session.Stall);
            if (producer > 2)
            {
                Clock.Advance(9);
                Assert.Equal(producer - 1, Journal.Appenders);
            }

            Until(() => Journal.Appenders == producer && Journal.Handed.Count == producer);
        }

        Assert.Equal(6, Check.Questions);
        Assert.All(Journal.Handed, handed => Assert.Equal(Journal.Handed[0].Record, handed.Record));
        Assert.Null(call.Answer);
        Journal.Accept(3);
        Assert.Equal(Errno.None, call.Answer);
        Assert.Null(Session.Stall);
    }

    // The topic was made again, without the rights of the old one.
    [Fact]
    public void Forbidden_NothingIsAppendedToALogThatIsNotOurs()
    {
        Begin();
        Submit("a");
        Check.Answer = static () => s_truncated;
        Journal.Fail(AppenderFailure.Forbidden, "the brokers do not allow Write on topic 'T'");
        Assert.Equal((ExitCode.JournalRefused, s_truncated.Message), (Session.Failure!.ExitCode, Session.Failure.Message));
        Assert.Equal((1, 1), (Journal.Appenders, Journal.Handed.Count));
    }

    [Theory]
    [InlineData(AppenderFailure.LogInDoubt)]
    [InlineData(AppenderFailure.Client)]
    public void Fatal_NoReportIsWaitedForAndTheSameBytesGoAgainOnceTheLogIsChecked(AppenderFailure failure)
    {
        Begin();
        Clock.Advance(60);
        Call[] calls = [Submit("a"), Submit("b")];
        Journal.Window = 0;
        Call queued = Submit("c");
        Check.Answer = () =>
        {
            Assert.Equal(1, Journal.Disposed);
            return Check.Questions < 3 ? new JournalUnavailableException("nobody answers") : null;
        };
        Journal.Window = int.MaxValue;
        Journal.Fail(failure, "fatal");
        Until(() => Journal.Handed.Count == 5);
        Assert.Equal((2, 3), (Journal.Appenders, Check.Questions));
        Assert.Equal(Journal.Handed[..2].Select(handed => handed.Record), Journal.Handed[2..4].Select(handed => handed.Record));

        // One had landed, and the report of the old producer for the other comes after all.
        Journal.Land(Journal.Handed[0].Record);
        Journal.Report(1, AppendResult.Refused("of a producer that is gone"));
        Journal.Accept(2);
        Journal.Accept(3);
        Journal.Accept(4);
        ReadOn();
        Assert.All([.. calls, queued], call => Assert.Equal(Errno.None, call.Answer));
        Assert.Equal(1, Replica.Applier.Counters.Void(VoidReason.Duplicate));
    }

    [Fact]
    public void Fatal_ALogThatIsNotOursEndsTheHostWithItsWords()
    {
        Begin();
        Call call = Submit("a");
        Check.Answer = static () => s_truncated;
        Journal.Fail(AppenderFailure.LogInDoubt, "Broker: Out of order sequence number");
        Assert.Equal((ExitCode.JournalRefused, s_truncated.Message), (Session.Failure!.ExitCode, Session.Failure.Message));
        Assert.Equal(Errno.EIO, call.Answer);
        Assert.Equal((1, 1), (Journal.Appenders, Journal.Handed.Count));
    }

    [Fact]
    public void UnknownTopic_TheLogIsCheckedUntilItIsThereAgain()
    {
        Begin();
        Call call = Submit("a");
        Check.Answer = static () => new JournalRefusedException(JournalRefusal.Missing, "topic 'T' does not exist");
        Journal.Fail(AppenderFailure.LogInDoubt, "a broker does not know topic 'T'");
        Until(() => Check.Questions > 11);
        Assert.EndsWith("topic 'T' does not exist", Session.Stall, StringComparison.Ordinal);
        Assert.Single(Journal.Handed);
        Check.Answer = static () => null;
        Until(() => Journal.Handed.Count == 2);
        Journal.Accept(1);
        Assert.Equal(Errno.None, call.Answer);
    }

    [Fact]
    public void Killed_LateArrivalsOfTheDeadProcessAreVoid()
    {
        Begin();
        Call landed = Submit("a");
        Submit("b");
        Journal.Accept(0);
        byte[] ghost = Journal.Handed[1].Record;
        Journal.Land(Other.SessionStarted(2));
        Journal.Land(ghost);
        ReadOn();
        Assert.Equal(Errno.None, landed.Answer);
        Assert.Equal(2, Replica.Namespace.InodeCount);
        Assert.Equal(1, Replica.Applier.Counters.Void(VoidReason.SessionClosed));
    }
}
