using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Journal.Contract;
using KafkaFs.MasterHost.Session;
using KafkaFs.Posix;
using KafkaFs.Replica.Namespace;
using Xunit;

namespace KafkaFs.MasterHost.Tests;

/// <summary>How calls end that wait for a journal that is away: the limit is 10 s for a stall, and 60 s for a call.</summary>
public sealed class StalledWaitTests : SessionTest
{
    [Fact]
    public void G6_AnInterruptWaitsForAHealthyJournalAndEndsTheCallOnceItIsStalled()
    {
        Begin();
        WaitingCall call = Wait("a"), other = Wait("b");
        Interrupt(call);
        Pass(9);
        Assert.Null(call.Answer);
        Pass(2);
        Assert.Equal((Errno.EINTR, null), (call.Answer, other.Answer));
        Interrupt(other);
        Assert.Equal(Errno.EINTR, other.Answer);
        Journal.Accept(0);
        Journal.Accept(1);
        Assert.Equal(1, call.Late);
        Assert.Equal((3, 0, 0), (Replica.Namespace.InodeCount, Session.HandedOver, Session.Waits.Count));
    }

    [Fact]
    public void G6_AStallThatIsOverBreaksNothing()
    {
        Begin();
        WaitingCall slow = Wait("a");
        Pass(11);
        Assert.True(Session.Waits.IsStalled);
        Journal.Accept(0);
        Pass(1);
        WaitingCall next = Wait("b");
        Interrupt(next);
        Assert.False(Session.Waits.IsStalled);
        Assert.Null(next.Answer);
        Journal.Accept(1);
        Assert.Equal((Errno.None, Errno.None), (slow.Answer, next.Answer));
    }

    // The log has it, and this machine's disk takes nothing, or it cannot be read.
    [Fact]
    public void G6_WhatIsAcknowledgedAndNotAppliedCanBeInterruptedToo()
    {
        Begin();
        WaitingCall call = Wait("a");
        Journal.Land([1, 2, 3]);
        Journal.Accept(0);
        Interrupt(call);
        Pass(9);
        Assert.Null(call.Answer);
        Pass(2);
        Assert.Equal(Errno.EINTR, call.Answer);
        ReadOn();
        Assert.Equal((1, 2), (call.Late, Replica.Namespace.InodeCount));
    }

    [Fact]
    public void G6_AStandstillEndsWithTheNextRecordThatIsApplied()
    {
        Begin();
        Wait("a");
        Journal.Land([1]);
        Journal.Accept(0);
        for (int round = 0; round < 20; round++)
        {
            Journal.Land([1]);
            Pass(1);
        }

        Assert.True(Session.Waits.IsStalled);
        ReadOn();
        Pass(1);
        Assert.False(Session.Waits.IsStalled);
    }

    // Nothing of this session moves on, though another master's records come.
    [Fact]
    public void G6_AFenceThatIsRefusedAgainAndAgainIsAStall()
    {
        Begin();
        WaitingCall refused = Wait("a"), behind = Wait("b");
        Journal.Report(0, AppendResult.Refused("Broker: Policy violation"));
        Journal.Report(1, AppendResult.Refused("Broker: Policy violation"));
        for (int round = 0; round < 12; round++)
        {
            Pass(1);
            if (Journal.Handed.Count > 2 + round)
            {
                Journal.Report(2 + round, AppendResult.Refused("Broker: Policy violation"));
            }

            Journal.Land([1]);
            ReadOn();
        }

        Assert.Equal(ChangeKind.Fence, Decoded(2).Kind);
        Pass(1);
        Assert.True(Session.Waits.IsStalled);
        Interrupt(behind);
        Assert.Equal(Errno.EINTR, behind.Answer);
        Assert.NotEqual(Errno.None, refused.Answer);
    }

    [Fact]
    public void G6_OneThatIsOverdueIsAnsweredEioAndGivenUpBehindAFence()
    {
        Begin();
        WaitingCall landed = Wait("a"), lost = Wait("b");
        Pass(30);
        WaitingCall later = Wait("c");
        Pass(29);
        Assert.Null(landed.Answer);
        Pass(1);
        Assert.Equal((Errno.EIO, Errno.EIO, null), (landed.Answer, lost.Answer, later.Answer));
        WaitingCall held = Wait("d");
        Assert.Equal(3, Journal.Handed.Count);

        Journal.Accept(0);
        Journal.Report(1, AppendResult.Unknown("timed out"));
        Journal.Report(2, AppendResult.Unknown("timed out"));
        Pass(1);
        Assert.Equal((ChangeKind.Fence, 4), (Decoded(3).Kind, Journal.Handed.Count));
        Journal.Accept(3);
        Assert.Equal([("c", (1U, 0UL)), ("d", (1U, 1UL))], Enumerable.Range(4, 2).Select(handed => (NameOf(handed), PlaceOf(handed))));
        Journal.Accept(4);
        Journal.Accept(5);
        Assert.Equal((1, 0), (landed.Late, lost.Late));
        Assert.Equal((Errno.None, Errno.None, 4), (later.Answer, held.Answer, Replica.Namespace.InodeCount));

        // What was given up lands after all: void.
        Journal.Land(Journal.Handed[1].Record);
        ReadOn();
        Assert.Equal(4, Replica.Namespace.InodeCount);
    }

    [Fact]
    public void G6_OneThatIsOverdueAndWasNotHandedOverLeavesNoTrace()
    {
        Begin();
        Journal.Window = 1;
        Wait("a");
        WaitingCall queued = Wait("b");
        Interrupt(queued);
        Pass(60);
        Assert.Equal(Errno.EINTR, queued.Answer);
        WaitingCall held = Wait("c");
        Pass(60);
        Assert.Equal((Errno.EIO, 0), (held.Answer, Session.Queued));
        Assert.Single(Journal.Handed);
    }

    // Else they would undo what the program has written elsewhere since it was told that they failed.
    [Fact]
    public void G6_WhatAnFsyncHasWaitedForTooLongIsGivenUpWithIt()
    {
        Begin();
        Journal.Window = 1;
        WrittenCall handedOver = Written("a"), queued = Written("b"), ofAnotherFile = Written("c");
        FSync fsync = new(Session.Waits, [handedOver, queued]);
        Pass(59);
        Assert.Null(fsync.Answer);
        Pass(1);
        Assert.Equal((Errno.EIO, Errno.EIO, null, null), (fsync.Answer, queued.Result, handedOver.Result, ofAnotherFile.Result));
        Journal.Window = 100;
        Journal.Report(0, AppendResult.Unknown("timed out"));
        Pass(1);
        Assert.Equal(ChangeKind.Fence, Decoded(1).Kind);
        Journal.Accept(1);
        Assert.Equal((Errno.EIO, "c"), (handedOver.Result, NameOf(2)));
        Journal.Accept(2);
        Assert.Equal((Errno.None, 2), (ofAnotherFile.Result, Replica.Namespace.InodeCount));
    }

    [Fact]
    public void G6_AllPartsOfAWriteThatIsOverdueAreGivenUp()
    {
        Begin();
        FileId file = NewFile();
        Journal.MaxRecordBytes = 10_000;
        Journal.Window = 2;
        Change change = new() { Kind = ChangeKind.Write, Inode = file, Data = new byte[30_000] };
        WaitingCall write = new(Session.Waits);
        Assert.Equal(Errno.None, Session.Submit(ref change, write));
        Pass(60);
        Assert.Equal(Errno.EIO, write.Answer);
        Journal.Window = 100;
        Journal.Accept(1);
        Journal.Accept(2);
        Assert.Equal(ChangeKind.Fence, Decoded(3).Kind);
        Journal.Accept(3);
        Assert.Equal((4, 0, 0), (Journal.Handed.Count, Session.HandedOver, Session.Queued));
    }

    [Fact]
    public void WhatWaitsForSomethingElseThanARecordEndsLikewise()
    {
        Begin();
        WaitingCall record = Wait("a"), flush = new(Session.Waits), overdue = new(Session.Waits), last = new(Session.Waits);
        Interrupt(flush);
        Interrupt(last);
        last.TryEnd(Errno.None);
        Pass(11);
        Assert.Equal((Errno.EINTR, null, Errno.None), (flush.Answer, overdue.Answer, last.Answer));
        Pass(50);
        Assert.Equal((Errno.EIO, Errno.EIO), (overdue.Answer, record.Answer));
        WaitingCall atEnd = new(Session.Waits);
        Session.End();
        Assert.Equal((Errno.EIO, 0), (atEnd.Answer, Session.Waits.Count));
    }

    private WaitingCall Wait(string name)
    {
        WaitingCall call = new(Session.Waits) { Withdraw = Session.TryWithdraw };
        Submit(name, call);
        return call;
    }

    private WrittenCall Written(string name)
    {
        WrittenCall call = new();
        Submit(name, call);
        return call;
    }

    private void Submit(string name, PendingCall call)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(name);
        Change change = new() { Kind = ChangeKind.Mkdir, Parent = FileId.Root, Name = bytes, Mode = 0x1ed };
        Assert.Equal(Errno.None, Session.Submit(ref change, call));
    }

    // As the mount does it.
    private void Interrupt(WaitingCall call)
    {
        call.IsInterrupted = true;
        Session.Waits.EndIfInterrupted(call);
    }

    private void Pass(int seconds)
    {
        for (int second = 0; second < seconds; second++)
        {
            Clock.Advance(1);
            Clock.FireTimers();
        }
    }

    private sealed class WaitingCall : PendingCall, IJournalWait
    {
        private readonly JournalWaits _waits;

        public WaitingCall(JournalWaits waits)
        {
            _waits = waits;
            waits.Add(this);
        }

        public Errno? Answer { get; private set; }

        /// <summary>How often a record was applied after the answer.</summary>
        public int Late { get; private set; }

        public bool IsInterrupted { get; set; }

        public Predicate<PendingCall>? Withdraw { get; init; }

        public override void Complete(in Change change, Outcome outcome, Effects effects) => Late += TryEnd(outcome.Errno) ? 0 : 1;

        public override void Abandon(Errno errno) => TryEnd(errno);

        public override Errno ApplyPart(in Change part, Effects effects) => Errno.None;

        public override void CompleteParts(uint written, Errno errno) => TryEnd(errno);

        public bool TryEnd(Errno errno)
        {
            bool isFirst = Answer is null;
            Answer ??= errno;
            _waits.Remove(this);
            Withdraw?.Invoke(this);
            return isFirst;
        }

        public bool TryFail(out IReadOnlyList<PendingCall> forsaken)
        {
            forsaken = [this];
            return TryEnd(Errno.EIO);
        }
    }

    // Its caller was answered when it was queued.
    private sealed class WrittenCall : PendingCall
    {
        public Errno? Result { get; private set; }

        public override void Complete(in Change change, Outcome outcome, Effects effects) => Result = outcome.Errno;

        public override void Abandon(Errno errno) => Result = errno;
    }

    private sealed class FSync : IJournalWait
    {
        private readonly JournalWaits _waits;
        private readonly IReadOnlyList<PendingCall> _waitsFor;

        public FSync(JournalWaits waits, IReadOnlyList<PendingCall> waitsFor)
        {
            (_waits, _waitsFor) = (waits, waitsFor);
            waits.Add(this);
        }

        public Errno? Answer { get; private set; }

        public bool IsInterrupted { get; set; }

        public bool TryEnd(Errno errno)
        {
            Answer = errno;
            _waits.Remove(this);
            return true;
        }

        public bool TryFail(out IReadOnlyList<PendingCall> forsaken)
        {
            forsaken = _waitsFor;
            return TryEnd(Errno.EIO);
        }
    }
}
