using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Journal.Contract;
using KafkaFs.MasterHost.Session;
using KafkaFs.Posix;
using KafkaFs.Replica;
using KafkaFs.Replica.Apply;
using KafkaFs.Replica.Namespace;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Journal;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace KafkaFs.MasterHost.Tests;

/// <summary>A session on a journal that does what the test says: acknowledgement and acceptance are two things.</summary>
public sealed class MasterSessionTests : IDisposable
{
    private static readonly Guid s_filesystem = Guid.NewGuid();

    private readonly TemporaryFolder _folder = new();
    private readonly VolatileJournal _journal = new();
    private readonly ManualClock _clock = new();
    private readonly RecordWriter _other = new(s_filesystem, Guid.NewGuid());
    private readonly LocalReplica _replica;
    private readonly MasterSession _session;
    private long _read;

    public MasterSessionTests()
    {
        ReplicaOptions options = new() { DataRoot = _folder["root"], Ownership = Replica.Tree.TreeOwnership.Namespace };
        _replica = LocalReplica.Open(options, _journal, NullLogger.Instance, _clock, default);
        _session = new MasterSession(_replica.Applier, _journal, _ => { }, NullLogger.Instance, _clock);
        _replica.Applier.Observer = new SessionOnly(_session);
        _journal.Land(_other.FilesystemCreated());
    }

    [Fact]
    public void AReportOfAControlRecordIsNeverAppliedFromMemory()
    {
        ReadOn();
        byte[] ours = _other.SessionStarted(1), next = _other.SessionStarted(2);
        _session.AppendControl(ours);
        _session.EndControl();
        _session.AppendControl(next);
        _journal.Land(_other.SessionStarted(7));
        _journal.Report(0, AppendResult.Placed(1, VolatileJournal.AppendTimeMs));
        Assert.Equal(1, _replica.Applier.NextOffset);
        ReadOn();
        Assert.Equal(1U, _replica.Namespace.LastSession);
    }

    [Fact]
    public void ACallIsAnsweredWhenItsRecordIsApplied()
    {
        Begin();
        Call call = Submit("a");
        Assert.Null(call.Answer);
        _journal.Accept(0);
        Assert.Equal(Errno.None, call.Answer);
        Assert.Equal(0, _session.HandedOver);
    }

    [Fact]
    public void AnAcknowledgementBehindForeignRecordsWaitsForThem()
    {
        Begin();
        Call call = Submit("a");
        _journal.Land([1, 2, 3]);
        _journal.Accept(0);
        Assert.Null(call.Answer);
        ReadOn();
        Assert.Equal(Errno.None, call.Answer);
    }

    [Fact]
    public void G3_WhatIsInDoubtGoesAgainInOrderWithTheSameBytes()
    {
        Begin();
        Call[] calls = [Submit("a"), Submit("b"), Submit("c")];
        _journal.Report(0, AppendResult.Unknown("timed out"));
        _journal.Accept(1);
        Call later = Submit("d");
        Assert.Equal(3, _journal.Handed.Count);
        _clock.FireTimers();
        Assert.Equal(3, _journal.Handed.Count);
        _journal.Accept(2);
        Assert.Equal(3, _journal.Handed.Count);
        _clock.FireTimers();
        Assert.Equal(_journal.Handed.Take(3).Select(handed => handed.Record), _journal.Handed.Skip(3).Take(3).Select(handed => handed.Record));
        Assert.Equal(7, _journal.Handed.Count);
        Enumerable.Range(3, 4).ToList().ForEach(handed => _journal.Accept(handed));
        ReadOn();
        Assert.All([.. calls, later], call => Assert.Equal(Errno.None, call.Answer));
        Assert.Equal(5, _replica.Namespace.InodeCount);
    }

    [Fact]
    public void G3_ARecordThatLandedThoughItWasInDoubtCountsOnce()
    {
        Begin();
        Call call = Submit("a");
        _journal.Land(_journal.Handed[0].Record);
        _journal.Report(0, AppendResult.Unknown("timed out"));
        _clock.FireTimers();
        _journal.Accept(1);
        ReadOn();
        Assert.Equal(Errno.None, call.Answer);
        Assert.Equal(1, _replica.Applier.Counters.Void(VoidReason.Duplicate));
        Assert.Equal(0, _session.HandedOver);
    }

    [Fact]
    public void G3_ARecordThatWasAcknowledgedAndLostGoesAgainWhenItsSuccessorIsMet()
    {
        Begin();
        Call lost = Submit("a"), kept = Submit("b");
        _journal.Report(0, AppendResult.PlacedSomewhere());
        _journal.Accept(1);
        ReadOn();
        Assert.Null(kept.Answer);
        _clock.FireTimers();
        Assert.Equal(4, _journal.Handed.Count);
        _journal.Accept(2);
        _journal.Accept(3);
        Assert.Equal(Errno.None, lost.Answer);
        Assert.Equal(Errno.None, kept.Answer);
    }

    [Fact]
    public void GoingAgainContinuesWhereTheWindowEnded()
    {
        Begin();
        _journal.Window = 3;
        Call[] calls = [Submit("a"), Submit("b"), Submit("c"), Submit("d")];
        for (int handed = 0; handed < 3; handed++)
        {
            _journal.Report(handed, AppendResult.Unknown("broker gone"));
        }

        _journal.Window = 2;
        _clock.FireTimers();
        _journal.Accept(3);
        _journal.Accept(4);
        Assert.Equal([0, 1, 2, 3], _journal.Handed.Skip(3).Select(handed => (int)handed.Ticket));
        _journal.Accept(5);
        _journal.Accept(6);
        Assert.All(calls, call => Assert.Equal(Errno.None, call.Answer));
    }

    [Fact]
    public void AWithdrawnCallLeavesNoGap()
    {
        Begin();
        _journal.Window = 1;
        Call first = Submit("a"), withdrawn = Submit("b"), last = Submit("c");
        Assert.True(_session.TryWithdraw(withdrawn));
        Assert.False(_session.TryWithdraw(first));
        _journal.Accept(0);
        _journal.Accept(1);
        Assert.Equal(Errno.None, last.Answer);
        Assert.Null(withdrawn.Answer);
    }

    [Fact]
    public void G7_AForeignRecordInOurNameEndsTheSessionAndNotTheReplica()
    {
        Begin();
        _journal.Land(_other.Mkdir("forged"));
        ReadOn();
        Assert.True(_session.Failure!.Superseded);
        Assert.False(_replica.Applier.HasFailed);
        Assert.Equal(2, _replica.Namespace.InodeCount);
    }

    [Fact]
    public void ARefusedRecordEndsTheSession()
    {
        Begin();
        Submit("a");
        _journal.Report(0, AppendResult.Refused("too large"));
        Assert.True(_session.Ended.IsCompletedSuccessfully);
        Assert.Contains("too large", _session.Failure!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFailedClientEndsTheSessionAndStartingAgainIsRight()
    {
        Begin();
        Call call = Submit("a");
        _journal.Fail("fatal");
        Assert.True(_session.Failure!.Restartable);
        Assert.Equal(Errno.EIO, call.Answer);
        Change change = new() { Kind = ChangeKind.Mkdir };
        Assert.Equal(Errno.EIO, _session.Submit(ref change, new Call()));
    }

    public void Dispose()
    {
        _session.Dispose();
        _replica.Dispose();
        _folder.Dispose();
    }

    private void Begin()
    {
        _journal.Land(_other.SessionStarted());
        ReadOn();
        _session.Begin(new SessionId(1), s_filesystem);
    }

    private Call Submit(string name)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(name);
        Change change = new() { Kind = ChangeKind.Mkdir, Parent = FileId.Root, Name = bytes, Mode = 0x1ed };
        Call call = new();
        Assert.Equal(Errno.None, _session.Submit(ref change, call));
        return call;
    }

    private void ReadOn()
    {
        JournalBatch batch = new();
        using IJournalReader reader = _journal.OpenReader(0, _read);
        reader.Read(batch, default);
        _replica.Applier.Apply(batch, default);
        _read = reader.NextOffset;
    }

    private sealed class Call : PendingCall
    {
        public Errno? Answer { get; private set; }

        public override void Complete(in Change change, Outcome outcome, Effects effects) => Answer = outcome.Errno;

        public override void Abandon(Errno errno) => Answer = errno;
    }

    private sealed class SessionOnly(MasterSession session) : IApplyObserver
    {
        public void OnDying(FileId inode)
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
