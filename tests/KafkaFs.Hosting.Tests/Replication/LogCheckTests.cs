using KafkaFs.Hosting.Replication;
using KafkaFs.Journal.Check;
using KafkaFs.Journal.Contract;
using KafkaFs.Journal.Kafka.Tests;
using KafkaFs.TestKit;
using Xunit;

namespace KafkaFs.Hosting.Tests.Replication;

/// <summary>What the check makes of what a journal tells: looks are cheap and no verdict, fresh clients are asked twice.</summary>
public sealed class LogCheckTests : IDisposable
{
    private readonly ManualClock _clock = new();
    private readonly FakeJournal _journal = new() { Facts = Ours };
    private readonly RecordedWarnings _log = new();
    private readonly LogCheck _check;
    private int _renewed;
    private bool _waitsForRecords = true;
    private int _hashed;
    private long _next = 10;
    private byte[]? _tail;
    private Acceptance _accepted = Acceptance.None;

    public LogCheckTests() => _check = new LogCheck(_journal, Know, _log, _clock)
    {
        NothingDelivered = () => _renewed++,
        WaitsForRecords = () => _waitsForRecords,
    };

    private static LogFacts Ours => new() { Bounds = new JournalBounds(0, 10) };

    private static LogFacts Truncated => new() { Bounds = new JournalBounds(0, 9) };

    [Fact]
    public void ALookThatIsWellAsksNoFreshClients()
    {
        _check.CheckOnce(default);
        Assert.Equal((1, 0), (_journal.Looks, _journal.Probes));
    }

    [Fact]
    public void OnlyAProbeHashesTheLastRecord()
    {
        _check.CheckOnce(default);
        Assert.Equal((1, 0), (_journal.Looks, _hashed));
        _check.Suspect("odd");
        _check.CheckOnce(default);
        Assert.Equal((1, 1), (_journal.Probes, _hashed));
    }

    [Fact]
    public void AnAcceptedGapAtTheEndIsNotSilent()
    {
        _accepted = new Acceptance(Gap: new OffsetGap(10, 11));
        _journal.Facts = new LogFacts { Bounds = new JournalBounds(0, 12) };
        _check.CheckOnce(default);
        _clock.Advance(20);
        _check.CheckOnce(default);
        Assert.Equal((0, 0), (_renewed, _journal.Probes));

        _journal.Facts = new LogFacts { Bounds = new JournalBounds(0, 13) };
        _check.CheckOnce(default);
        _clock.Advance(20);
        _check.CheckOnce(default);
        Assert.Equal(1, _renewed);
    }

    [Fact]
    public void ASuspicionAsksFreshClientsAtOnce()
    {
        _check.Suspect("odd");
        _check.CheckOnce(default);
        Assert.Equal((0, 1), (_journal.Looks, _journal.Probes));
        _check.CheckOnce(default);
        Assert.Equal((1, 1), (_journal.Looks, _journal.Probes));
    }

    [Fact]
    public async Task G4_ARefusalIsAVerdictOnlyIfFreshClientsStillSaySoSecondsLater()
    {
        _journal.Facts = Truncated;
        Task confirming = _check.ConfirmAsync(default);
        await UntilAsync(() => _journal.Probes == 1);
        await Task.Delay(50, TestContext.Current.CancellationToken);
        Assert.False(confirming.IsCompleted);
        _journal.Facts = Ours;
        await FireUntilAsync(confirming);
        await confirming;

        _journal.Facts = Truncated;
        confirming = _check.ConfirmAsync(default);
        await FireUntilAsync(confirming);
        JournalRefusedException refused = await Assert.ThrowsAsync<JournalRefusedException>(() => confirming);
        Assert.Equal(JournalRefusal.Truncated, refused.Refusal);
        Assert.Equal(4, _journal.Probes);

        // Whoever runs the check ends by what another thread has found.
        Assert.Equal(refused.Message, Assert.Throws<JournalRefusedException>(() => _check.Run(default)).Message);
    }

    [Fact]
    public async Task NoAnswerIsNoFinding()
    {
        _journal.Answer = () => throw new JournalUnavailableException("no broker");
        _check.CheckOnce(default);
        await Assert.ThrowsAsync<JournalUnavailableException>(() => _check.ConfirmAsync(default));
        Assert.Null(_check.Stall);
    }

    [Fact]
    public void ASuspicionWithoutAnAnswerIsAskedAgainOfFreshClients()
    {
        _check.Suspect("odd");
        _journal.Answer = () => throw new JournalUnavailableException("no broker");
        _check.CheckOnce(default);
        _check.CheckOnce(default);
        Assert.Equal((0, 2), (_journal.Looks, _journal.Probes));

        _journal.Answer = null;
        _check.CheckOnce(default);
        Assert.Equal((0, 3), (_journal.Looks, _journal.Probes));
        _check.CheckOnce(default);
        Assert.Equal((1, 3), (_journal.Looks, _journal.Probes));
    }

    [Fact]
    public void AWarningWhoseNumbersChangeIsSaidOnceADay()
    {
        for (int first = 1; first < 5; first++)
        {
            _journal.Facts = Ours with { Bounds = new JournalBounds(first, 10) };
            _check.CheckOnce(default);
        }

        Assert.Contains("records 0..0 of", Assert.Single(_log.Lines), StringComparison.Ordinal);
        _clock.Advance(LogCheck.SayAgainAfter.TotalSeconds);
        _check.CheckOnce(default);
        _check.CheckOnce(default);
        Assert.Equal(2, _log.Lines.Count);
        Assert.Contains("records 0..3 of", _log.Lines.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public void AWarningThatWasOverIsSaidAgain()
    {
        foreach (bool isUnclean in new[] { true, false, true })
        {
            _journal.Facts = Ours with { Settings = new TopicSettings { UncleanElection = isUnclean, FlushesEach = true } };
            _check.CheckOnce(default);
        }

        Assert.Equal(2, _log.Lines.Count);
    }

    [Fact]
    public async Task ALogThatIsMissingIsWaitedFor()
    {
        _journal.Facts = new LogFacts { Exists = false };
        _check.CheckOnce(default);
        Assert.Contains("does not exist", _check.Stall, StringComparison.Ordinal);
        await Assert.ThrowsAsync<JournalUnavailableException>(() => _check.ConfirmAsync(default));
        _journal.Facts = Ours;
        _check.CheckOnce(default);
        Assert.Null(_check.Stall);
    }

    [Fact]
    public void RecordsThatAreNotDeliveredFor10SecondsMakeANewReaderAndAProbe()
    {
        _journal.Facts = new LogFacts { Bounds = new JournalBounds(0, 12) };
        _check.CheckOnce(default);
        _clock.Advance(9);
        _check.CheckOnce(default);
        Assert.Equal((0, 0), (_renewed, _journal.Probes));
        _clock.Advance(1);
        _check.CheckOnce(default);
        Assert.Equal((1, 1), (_renewed, _journal.Probes));
    }

    [Fact]
    public void AReplicaThatThisMachineStallsIsNotSilent()
    {
        _journal.Facts = new LogFacts { Bounds = new JournalBounds(0, 12) };
        _check.CheckOnce(default);
        _waitsForRecords = false;
        _clock.Advance(20);
        _check.CheckOnce(default);
        Assert.Equal(0, _renewed);
    }

    // An unclean election lost what was applied, other masters went on, and so did this replica before the second question.
    [Fact]
    public async Task G4_ALogThatWasRewrittenAndIsLongerAgainIsRefusedThoughTheReplicaGoesOn()
    {
        _tail = [1];
        _journal.Facts = Ours with { Bounds = new JournalBounds(0, 12), TailHash = [2] };
        Task confirming = _check.ConfirmAsync(default);
        await UntilAsync(() => _journal.Probes == 1);
        (_next, _tail) = (12, [2]);
        await FireUntilAsync(confirming);
        await Assert.ThrowsAsync<JournalRefusedException>(() => confirming);
        Assert.Equal([10, 10], _journal.Probed);
    }

    [Fact]
    public async Task ASuspicionIsSettledByACheckThatBeganAfterIt()
    {
        Task<int> first = _check.SettleAsync("another leader");
        _journal.Answer = () => throw new JournalUnavailableException("no broker");
        _check.CheckOnce(default);
        Assert.False(first.IsCompleted);

        Task<int> second = null!;
        _journal.Answer = () =>
        {
            second ??= _check.SettleAsync("yet another");
            return Ours with { LeaderEpoch = 7 };
        };
        _check.CheckOnce(default);
        Assert.Equal((true, false), (first.IsCompletedSuccessfully, second.IsCompleted));
        _check.CheckOnce(default);
        Assert.Equal(7, await second);
    }

    [Fact]
    public async Task ASuspicionOfALogThatIsNotOursIsNeverSettled()
    {
        Task settled = _check.SettleAsync("another leader");
        _journal.Facts = Truncated;
        await FireUntilAsync(Task.Run(() => _check.CheckOnce(default), TestContext.Current.CancellationToken));
        Assert.False(settled.IsCompleted);
    }

    [Fact]
    public void WhatAMissingLogStallsIsOverWhenNobodyAnswers()
    {
        _journal.Facts = new LogFacts { Exists = false };
        _check.CheckOnce(default);
        Assert.NotNull(_check.Stall);
        _journal.Answer = () => throw new JournalUnavailableException("no broker");
        _check.CheckOnce(default);
        Assert.Null(_check.Stall);
    }

    public void Dispose()
    {
        _check.Dispose();
        _journal.Dispose();
    }

    private KnownLog Know(bool withTail)
    {
        _hashed += withTail ? 1 : 0;
        return new KnownLog { NextOffset = _next, TailHash = withTail ? _tail : null, Accepted = _accepted };
    }

    private async Task FireUntilAsync(Task task) => await UntilAsync(() =>
    {
        _clock.FireTimers();
        return task.IsCompleted;
    });

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (int attempt = 0; !condition(); attempt++)
        {
            Assert.True(attempt < 1_000, "It did not happen in time.");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }
}
