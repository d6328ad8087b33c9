using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Apply;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Tree;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Journal;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace KafkaFs.Replica.Tests;

/// <summary>Two masters on one log, in one thread, in any order of handover, landing, report, fetch and reading.</summary>
public sealed class TailReaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ManualClock _clock = new();
    private readonly SharedLog _log = new();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    public void BothMastersApplyEachRecordOnceInOneOrderWhateverTheInterleaving(int seed)
    {
        (int releases, int passedOver) = Interleave(new Random(seed), $"seed {seed}");

        // Otherwise the rule was not put to the test.
        Assert.True(releases > 0 && passedOver > 0, $"{releases} releases, {passedOver} records passed over");
    }

    [Fact]
    public void AMasterThatWritesAloneReadsNothingBackAfterOneSecond()
    {
        (Master one, Master _) = Two();
        WriteAlone(one, 1.1);
        int fetched = one.Reader.Fetched;
        WriteAlone(one, 2);
        Assert.Equal(fetched, one.Reader.Fetched);
        Assert.Equal(_log.End, one.Applier.NextOffset);
    }

    [Fact]
    public void AForeignRecordBetweenOwnOnesIsReadAtTheNextAcknowledgement()
    {
        (Master one, Master other) = Two();
        WriteAlone(one, 1.1);
        Assert.True(one.Reader.IsReleased);
        other.Submit();
        other.Journal.LandOne();
        Assert.False(one.IsWoken);
        one.Write(_clock);
        Assert.True(one.Applier.HasGap);
        Assert.True(one.IsWoken);
        one.Step();
        Assert.Equal(_log.End, one.Applier.NextOffset);
        Assert.False(one.Reader.IsReleased);
    }

    [Fact]
    public void AnOwnRecordWhosePlaceIsNotToldIsRead()
    {
        (Master one, Master _) = Two();
        WriteAlone(one, 1.1);
        one.Submit();
        one.Journal.LandOne();
        one.Journal.ReportOne(tellsOffset: false);
        Assert.True(one.IsWoken);
        one.Step();
        Assert.Equal(_log.End, one.Applier.NextOffset);
    }

    [Fact]
    public void AForeignRecordAfterTheLastOwnOneIsReadOnceItIsQuiet()
    {
        (Master one, Master other) = Two();
        WriteAlone(one, 1.1);
        other.Submit();
        other.Journal.LandOne();
        one.Step();
        Assert.Equal(_log.End - 1, one.Applier.NextOffset);
        _clock.Advance(0.0051);
        one.Step();
        Assert.Equal(_log.End, one.Applier.NextOffset);
    }

    [Fact]
    public void AForeignRecordIsReadWhileNoAcknowledgementComes()
    {
        (Master one, Master other) = Two();
        WriteAlone(one, 1.1);
        one.Submit();
        other.Submit();
        other.Journal.LandOne();
        _clock.Advance(0.0501);
        one.Step();
        Assert.Equal(_log.End, one.Applier.NextOffset);
    }

    [Fact]
    public void AReplicaThatAlwaysFetchesNeverLetsTheTailGo()
    {
        Land();
        using Master one = new(_folder["always"], 1, _log, _clock, alwaysFetches: true);
        WriteAlone(one, 3);
        Assert.Equal(0, one.Reader.Releases);
        Assert.Equal(_log.End, one.Reader.NextOffset);
    }

    [Fact]
    public void AReaderThatIsMadeAnewGoesOnWhereItWas()
    {
        (Master one, Master other) = Two();
        other.Submit();
        other.Journal.LandOne();
        one.Reader.FetchAhead(1);
        one.Tail.Renew();
        one.Step();
        Assert.Equal(_log.End, one.Applier.NextOffset);
    }

    public void Dispose()
    {
        _masters.ForEach(master => master.Dispose());
        _folder.Dispose();
    }

    private readonly List<Master> _masters = [];

    private (int Releases, int PassedOver) Interleave(Random random, string seed)
    {
        (Master one, Master other) = Two();
        for (int phase = 0; phase < 8; phase++)
        {
            // Alone, together, or nobody: each long enough for the rule to change its mind.
            int writers = random.Next(5) switch { 0 => 0, 1 => 3, int alone => 1 + (alone & 1) };
            double end = _seconds + 0.5 + (random.NextDouble() * 2);
            while (_seconds < end)
            {
                Chance(one, random, writes: (writers & 1) != 0);
                Chance(other, random, writes: (writers & 2) != 0);
                Advance(random.Next(3_000) == 0 ? 0.06 : random.NextDouble() * 0.006);
            }
        }

        Settle(one, other);
        Assert.True(_log.End == one.Applier.NextOffset && _log.End == other.Applier.NextOffset, $"{seed}: {one.Applier.NextOffset} and {other.Applier.NextOffset} of {_log.End}");
        Assert.True(one.Hash == other.Hash, seed);
        return (one.Reader.Releases + other.Reader.Releases, one.Reader.PassedOver + other.Reader.PassedOver);
    }

    private static void Chance(Master master, Random random, bool writes)
    {
        while (writes && master.Journal.Outstanding < 6 && random.Next(5) > 0)
        {
            master.Submit();
        }

        Action[] actions = [
            master.Journal.LandOne,
            () => master.Journal.ReportOne(tellsOffset: random.Next(500) > 0),
            () => master.Reader.FetchAhead(random.Next(4)),
            () => master.StepOnly()];
        random.Shuffle(actions);
        Array.ForEach(actions, action => action());
    }

    private void Settle(Master one, Master other)
    {
        for (int round = 0; round < 12; round++)
        {
            foreach (Master master in (Master[])[one, other])
            {
                master.Journal.LandOne();
                master.Journal.ReportOne(tellsOffset: true);
            }

            Advance(0.001);
        }

        Advance(0.006);
        one.Step();
        other.Step();
    }

    private double _seconds;

    private void Advance(double seconds)
    {
        _seconds += seconds;
        _clock.Advance(seconds);
    }

    private (Master One, Master Other) Two()
    {
        Land();
        _masters.Add(new Master(_folder["one"], 1, _log, _clock));
        _masters.Add(new Master(_folder["other"], 2, _log, _clock));
        return (_masters[0], _masters[1]);
    }

    private void Land()
    {
        RecordWriter first = new(Master.Filesystem, Guid.NewGuid());
        _log.Land(first.FilesystemCreated());
        _log.Land(first.SessionStarted());
        _log.Land(new RecordWriter(Master.Filesystem, Guid.NewGuid()).SessionStarted());
    }

    private void WriteAlone(Master master, double seconds)
    {
        for (double done = 0; done < seconds; done += 0.001)
        {
            master.Write(_clock);
            master.Step();
        }
    }

    /// <summary>A replica that appends, with the parts that a host would give threads to.</summary>
    private sealed class Master : IAppendListener, IApplyObserver, IDisposable
    {
        public static readonly Guid Filesystem = Guid.NewGuid();

        private readonly LocalReplica _replica;
        private readonly RecordWriter _writer;
        private readonly uint _session;
        private readonly IJournalAppender _appender;
        private readonly Dictionary<long, byte[]> _pending = [];
        private long _ticket;

        public Master(string root, uint session, SharedLog log, ManualClock clock, bool alwaysFetches = false)
        {
            Journal = log.OpenWriter();
            ReplicaOptions options = new() { DataRoot = root, Ownership = TreeOwnership.Namespace, CheckpointRecords = 1_000_000 };
            _replica = LocalReplica.Open(options, Journal, NullLogger.Instance, clock, default);
            _replica.Applier.Observer = this;
            (_session, _writer) = (session, new RecordWriter(Filesystem, Guid.NewGuid(), session));
            _appender = _replica.Applier.OwnAppends.Open(Journal, 0, this);
            Tail = new TailReader(_replica.Applier, Journal.OpenReader(0, 0), alwaysFetches);
            Step();
        }

        public SharedLog.Writer Journal { get; }

        public TailReader Tail { get; }

        public Applier Applier => _replica.Applier;

        public SharedLog.Reader Reader => Journal.Tail!;

        /// <summary>The reader's thread does not sleep on.</summary>
        public bool IsWoken => Applier.OwnAppends.WaitReleased(CancellationToken.None.WaitHandle);

        public UInt128 Hash => _replica.Namespace.StateHash;

        public void Submit()
        {
            byte[] record = _ticket == 0 ? _writer.Create($"file-{_session}") : _writer.Write(_writer.Last, BitConverter.GetBytes(_ticket));
            _pending.Add(_ticket, record);
            Assert.True(_appender.TryAppend(record, _ticket++));
        }

        /// <summary>One record, from handover to report, in a millisecond.</summary>
        public void Write(ManualClock clock)
        {
            Submit();
            clock.Advance(0.001);
            Journal.LandOne();
            Journal.ReportOne(tellsOffset: true);
        }

        public void StepOnly() => Tail.Step(default);

        /// <summary>The reader's thread gets all the time that it wants.</summary>
        public void Step()
        {
            do
            {
                StepOnly();
                Reader.FetchAhead(int.MaxValue);
            }
            while (Tail.Step(default));
        }

        public void OnAppended(long ticket, in AppendResult result)
        {
            _pending.Remove(ticket, out byte[]? record);
            if (result.Status == AppendStatus.Placed)
            {
                Applier.Offer(result.Offset, result.AppendTimeMs, record);
            }
        }

        public void OnFailed(AppenderFailure failure, string reason) => Assert.Fail(reason);

        public void OnDying(FileId inode, long timeNs)
        {
            // No mount keeps hold of it.
        }

        public void OnApplied(in Change change, Outcome outcome, Effects effects, in JournalRecord record)
        {
            Assert.True(outcome.IsAccepted, $"record {record.Offset} is void: {outcome.Void}");
            if (change.Header.Session != new SessionId(_session))
            {
                Applier.OwnAppends.OnForeign();
            }
        }

        public void Dispose() => _replica.Dispose();
    }
}
