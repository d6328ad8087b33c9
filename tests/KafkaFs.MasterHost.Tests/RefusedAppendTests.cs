using KafkaFs.Hosting.Lifetime;
using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Journal.Contract;
using KafkaFs.Posix;
using KafkaFs.Replica.Namespace;
using Xunit;

namespace KafkaFs.MasterHost.Tests;

/// <summary>Of the design's table "Appends" the row of what the log refuses, and its limit for the length of a record.</summary>
public sealed class RefusedAppendTests : SessionTest
{
    [Fact]
    public void Refused_ItsCallIsAnsweredEioAndTheRestGoesAgainBehindAFence()
    {
        Begin();
        Call before = Submit("a"), refused = Submit("b"), after = Submit("c"), later = Submit("d");
        Journal.Accept(0);
        Journal.Report(1, AppendResult.Refused("Broker: Policy violation"));
        Call queued = Submit("e");
        Journal.Accept(2);
        Assert.Equal(4, Journal.Handed.Count);
        Journal.Accept(3);

        Assert.Equal(5, Journal.Handed.Count);
        Change fence = Decoded(4);
        Assert.Equal((ChangeKind.Fence, 1U, 0UL, 0U), (fence.Kind, fence.NewIncarnation, fence.Header.Sequence, fence.Header.Incarnation));
        Assert.Null(refused.Answer);
        Journal.Accept(4);
        Assert.Equal(Errno.EIO, refused.Answer);
        Assert.Equal(["c", "d", "e"], Enumerable.Range(5, 3).Select(NameOf));
        Assert.Equal([(1U, 0UL), (1U, 1UL), (1U, 2UL)], Enumerable.Range(5, 3).Select(PlaceOf));
        Enumerable.Range(5, 3).ToList().ForEach(handed => Journal.Accept(handed));
        Assert.All([before, after, later, queued], call => Assert.Equal(Errno.None, call.Answer));
        Assert.Equal(5, Replica.Namespace.InodeCount);
    }

    [Fact]
    public void Refused_AFenceInDoubtIsAppendedAgainAndCountsOnce()
    {
        Begin();
        Call refused = Submit("a"), after = Submit("b");
        Journal.Report(0, AppendResult.Refused("Broker: Invalid timestamp"));
        Journal.Report(1, AppendResult.Unknown("timed out"));
        Journal.Land(Journal.Handed[2].Record);
        Journal.Report(2, AppendResult.Unknown("timed out"));
        Clock.FireTimers();
        Assert.Equal(Journal.Handed[2].Record, Journal.Handed[3].Record);
        ReadOn();
        Assert.Equal(Errno.EIO, refused.Answer);
        Journal.Accept(3);
        Clock.FireTimers();
        Assert.Equal(("b", (1U, 0UL)), (NameOf(4), PlaceOf(4)));
        Journal.Accept(4);
        Assert.Equal(Errno.None, after.Answer);
        Assert.Null(Session.Failure);
    }

    // What landed in the meantime is not given up: it leaves the table before anything is renumbered.
    [Fact]
    public void Refused_AnEarlierCopyThatLandsBeforeTheFenceAnswersItsCall()
    {
        Begin();
        Call call = Submit("a"), after = Submit("b");
        Journal.Report(0, AppendResult.Unknown("timed out"));
        Journal.Report(1, AppendResult.Unknown("timed out"));
        Clock.FireTimers();
        Journal.Report(2, AppendResult.Refused("Broker: Policy violation"));
        Journal.Report(3, AppendResult.Refused("Broker: Policy violation"));
        Journal.Land(Journal.Handed[0].Record);
        Journal.Land(Journal.Handed[4].Record);
        Journal.Land(Journal.Handed[1].Record);
        ReadOn();
        Assert.Equal((Errno.None, Errno.EIO), (call.Answer, after.Answer));
        Assert.Equal(1, Replica.Applier.Counters.Void(VoidReason.OtherIncarnation));
    }

    [Fact]
    public void Refused_TheTopicsSettingsAreAskedForUntilThereIsAnAnswer()
    {
        Begin();
        Journal.LimitAnswer = null;
        Submit("a");
        Journal.Report(0, AppendResult.Refused("Broker: Policy violation"));
        Assert.Single(Journal.Handed);
        Clock.Advance(10);
        Assert.EndsWith("no answer to the question for the limit", Session.Stall, StringComparison.Ordinal);
        Journal.LimitAnswer = 1_000_000;
        Until(() => Journal.Handed.Count == 2);
        Assert.Equal(ChangeKind.Fence, Decoded(1).Kind);
    }

    [Theory]
    [InlineData(ChangeFlags.None)]
    [InlineData(ChangeFlags.Append | ChangeFlags.KillSuidGid)]
    public void Refused_ATooLongWriteGoesInPartsThroughANewProducer(ChangeFlags flags)
    {
        Begin();
        FileId file = NewFile();
        byte[] data = [.. Enumerable.Range(0, 100_000).Select(index => (byte)index)];
        Call write = SubmitWrite(file, data, flags), after = Submit("after");
        Journal.LimitAnswer = 40_000;
        Journal.Report(1, AppendResult.TooLong("Broker: Message size too large"));
        Journal.Accept(2);
        Until(() => Journal.Handed.Count == 4);
        Assert.Equal(2, Journal.Appenders);
        Journal.Accept(3);

        Assert.Equal(8, Journal.Handed.Count);
        Assert.All(Journal.Handed[4..], handed => Assert.InRange(handed.Record.Length, 0, 40_000));
        Assert.All(Enumerable.Range(4, 3), part => Assert.Equal(flags, Decoded(part).Flags));
        Assert.Equal([0UL, 36_864, 73_728], Enumerable.Range(4, 3).Select(part => Decoded(part).Offset));
        Journal.Accept(4);
        Journal.Accept(5);
        Assert.Null(write.Answer);
        Journal.Accept(6);
        Assert.Equal((Errno.None, 100_000U), (write.Answer, write.Written));
        Journal.Accept(7);
        Assert.Equal(Errno.None, after.Answer);
        Assert.True(Replica.Namespace.TryGetAttributes(file, out InodeAttributes attributes));
        Assert.Equal(100_000UL, attributes.Size);

        // From here on none is refused first.
        SubmitWrite(file, data, ChangeFlags.None);
        Assert.Equal(11, Journal.Handed.Count);
    }

    [Fact]
    public void Refused_TheNewProducerForANewLimitAppendsNothingToALogThatIsNotOurs()
    {
        Begin();
        Submit("a");
        Journal.LimitAnswer = 40_000;
        Check.Answer = static () => new JournalRefusedException(JournalRefusal.Truncated, "the journal ends at 1: truncated or restored");
        Journal.Report(0, AppendResult.TooLong("Broker: Message size too large"));
        Assert.Equal(ExitCode.JournalRefused, Session.Failure?.ExitCode);
        Assert.Equal((1, 1), (Journal.Appenders, Journal.Handed.Count));
    }

    // Short records that were sent with a long one are refused with it.
    [Fact]
    public void Refused_WhatIsShortEnoughForTheNewLimitGoesAsItIs()
    {
        Begin();
        Call call = Submit("a");
        Journal.LimitAnswer = 40_000;
        Journal.Report(0, AppendResult.TooLong("Broker: Message size too large"));
        Until(() => Journal.Handed.Count == 2);
        Journal.Accept(1);
        Journal.Accept(2);
        Assert.Equal(Errno.None, call.Answer);
    }

    // The client says of a whole batch that it is too long, here one that takes 300 bytes, and the log says that it takes more.
    [Fact]
    public void Refused_WhatWasInABatchGoesAloneBeforeAnyOfItIsGivenUp()
    {
        Begin();
        Call[] calls = [Submit("a"), Submit(new string('b', 250)), Submit("c")];
        for (int handed = 0; handed < 3; handed++)
        {
            Journal.Report(handed, AppendResult.TooLong("Broker: Message size too large"));
        }

        Until(() => Journal.Handed.Count == 4);
        Call later = Submit("d");
        Journal.Accept(3);
        Assert.Equal("a", NameOf(4));
        Assert.Equal(5, Journal.Handed.Count);
        Journal.Accept(4);
        Assert.Equal(6, Journal.Handed.Count);
        Journal.Report(5, AppendResult.TooLong("Broker: Message size too large"));
        Until(() => Journal.Handed.Count == 7);
        Journal.Accept(6);
        Assert.Equal("c", NameOf(7));
        Assert.Equal(8, Journal.Handed.Count);
        Journal.Accept(7);
        Journal.Accept(8);
        Assert.Equal([Errno.None, Errno.EIO, Errno.None, Errno.None], new[] { calls[0], calls[1], calls[2], later }.Select(call => call.Answer!.Value));
    }

    // By the check of the log, before a record is refused.
    [Fact]
    public void ALimitThatIsFoundLoweredHoldsForTheNextWrite()
    {
        Begin();
        FileId file = NewFile();
        Journal.MaxRecordBytes = 40_000;
        Call write = SubmitWrite(file, new byte[100_000], ChangeFlags.None);
        Assert.Equal(4, Journal.Handed.Count);
        Enumerable.Range(1, 3).ToList().ForEach(handed => Journal.Accept(handed));
        Assert.Equal((Errno.None, 100_000U), (write.Answer, write.Written));
    }

    // Its producer was made before: its batches may be too long, and not the records in them.
    [Fact]
    public void Refused_ALimitThatWasFoundLoweredBeforeIsNewsToTheProducer()
    {
        Begin();
        Call[] calls = [Submit("a"), Submit("b")];
        Journal.LimitAnswer = Journal.MaxRecordBytes = 40_000;
        Journal.Report(0, AppendResult.TooLong("Broker: Message size too large"));
        Journal.Report(1, AppendResult.TooLong("Broker: Message size too large"));
        Until(() => Journal.Handed.Count == 3);
        Journal.Accept(2);
        Assert.Equal(5, Journal.Handed.Count);
        Journal.Accept(3);
        Journal.Accept(4);
        Assert.All(calls, call => Assert.Equal(Errno.None, call.Answer));
    }

    [Fact]
    public void Refused_WhereTheLimitIsNotWhatTheLogSays_HalfIsTriedAndThenEio()
    {
        Begin();
        FileId file = NewFile();
        Call write = SubmitWrite(file, new byte[20_000], ChangeFlags.None), name = Submit("b");
        for (int handed = 1; write.Answer is null || name.Answer is null; handed++)
        {
            Until(() => Journal.Handed.Count > handed);
            if (Decoded(handed).Kind == ChangeKind.Fence)
            {
                Journal.Accept(handed);
            }
            else
            {
                Journal.Report(handed, AppendResult.TooLong("Broker: Message size too large"));
            }

            Assert.True(handed < 200);
        }

        Assert.Equal((Errno.EIO, Errno.EIO), (write.Answer, name.Answer));
        Assert.Null(Session.Failure);
    }

    [Fact]
    public void Refused_APartThatTheLogNeverTakesIsAShortWrite()
    {
        Begin();
        FileId file = NewFile();
        Journal.LimitAnswer = 40_000;
        Call write = SubmitWrite(file, new byte[100_000], ChangeFlags.None);
        Journal.Report(1, AppendResult.TooLong("Broker: Message size too large"));
        Until(() => Journal.Handed.Count == 3);
        Journal.Accept(2);
        Journal.Accept(3);
        Journal.Report(4, AppendResult.Refused("Broker: Policy violation"));
        Journal.Accept(5);
        Until(() => Journal.Handed.Count == 7);
        Call after = Submit("after");
        Journal.Accept(6);
        Assert.Equal((Errno.EIO, 36_864U), (write.Answer, write.Written));

        // The third one does not go again: whoever is told of a short write writes its bytes himself.
        Assert.Equal(("after", (2U, 0UL), 8), (NameOf(7), PlaceOf(7), Journal.Handed.Count));
        Journal.Accept(7);
        Assert.Equal(Errno.None, after.Answer);
    }

    [Fact]
    public void Refused_APartThatWaitsForRoomBehindOneThatIsGivenUpNeverGoes()
    {
        Begin();
        FileId file = NewFile();
        (Journal.MaxRecordBytes, Journal.Window) = (40_000, 1);
        Call write = SubmitWrite(file, new byte[100_000], ChangeFlags.Append), after = Submit("after");
        Journal.Accept(1);
        Journal.Report(2, AppendResult.Refused("Broker: Policy violation"));
        Until(() => Journal.Handed.Count == 4);
        Journal.Accept(3);
        Assert.Equal((Errno.EIO, 36_864U), (write.Answer, write.Written));
        Assert.Equal(("after", (1U, 0UL), 5), (NameOf(4), PlaceOf(4), Journal.Handed.Count));
        Journal.Accept(4);
        Assert.Equal((Errno.None, 0), (after.Answer, Session.Queued));
    }

    [Fact]
    public void Refused_APartOfAPartThatTheLogNeverTakesEndsTheWholeWrite()
    {
        Begin();
        FileId file = NewFile();
        Journal.MaxRecordBytes = 40_000;
        Journal.LimitAnswer = 20_000;
        Call write = SubmitWrite(file, new byte[100_000], ChangeFlags.Append);
        Journal.Accept(1);
        Journal.Report(2, AppendResult.TooLong("Broker: Message size too large"));
        Journal.Accept(3);
        Until(() => Journal.Handed.Count == 5);
        Journal.Accept(4);

        // The second part as three, the third one as two.
        Assert.Equal(10, Journal.Handed.Count);
        Journal.Accept(5);
        Journal.Report(6, AppendResult.Refused("Broker: Policy violation"));
        Enumerable.Range(7, 3).ToList().ForEach(handed => Journal.Accept(handed));
        Until(() => Journal.Handed.Count == 11);
        Journal.Accept(10);
        Assert.Equal((Errno.EIO, 36_864U + 16_384), (write.Answer, write.Written));
        Assert.Equal((11, 0), (Journal.Handed.Count, Session.HandedOver + Session.Queued));
    }

    [Fact]
    public void Refused_AFailedProducerMeanwhileIsReplacedAndTheFenceStillComes()
    {
        Begin();
        Call refused = Submit("a"), after = Submit("b");
        Journal.Report(0, AppendResult.Refused("Broker: Policy violation"));
        Journal.Fail(AppenderFailure.Client, "fatal");
        Until(() => Journal.Handed.Count == 3);
        Assert.Equal((2, 1), (Journal.Appenders, Check.Questions));
        Journal.Fail(AppenderFailure.Client, "fatal again");
        Until(() => Journal.Handed.Count == 4);
        Assert.Equal(Journal.Handed[2].Record, Journal.Handed[3].Record);
        Journal.Accept(3);
        Journal.Accept(4);
        Assert.Equal((Errno.EIO, Errno.None), (refused.Answer, after.Answer));
    }

    [Fact]
    public void Refused_AProducerThatFailsWhileTheLogIsAskedIsDisposedBeforeTheNextOneIsMade()
    {
        Begin();
        Journal.LimitAnswer = null;
        Submit("a");
        Journal.Report(0, AppendResult.Refused("Broker: Policy violation"));
        Journal.Fail(AppenderFailure.Client, "fatal");
        Journal.LimitAnswer = 1_000_000;
        Until(() => Journal.Handed.Count == 2);
        Assert.Equal((2, 1), (Journal.Appenders, Journal.Disposed));
    }
}
