using KafkaFs.Journal.Contract;
using KafkaFs.MasterHost.Session;
using KafkaFs.TestKit;
using Xunit;

namespace KafkaFs.MasterHost.Tests;

/// <summary>Who waits for the log's end, and for how long.</summary>
public sealed class LogEndTests : IDisposable
{
    private readonly AskedJournal _journal = new();
    private readonly ManualClock _clock = new();
    private readonly LogEnd _end;
    private long _reached;
    private int _gone;
    private bool _isInterrupted;

    public LogEndTests()
    {
        _end = new LogEnd(_journal, () => Volatile.Read(ref _reached), TimeSpan.FromSeconds(10), _clock);
        _end.Start();
    }

    [Fact]
    public void ACallWaitsUntilAllIsAppliedThatTheLogHadWhenItCame()
    {
        _journal.End = 5;
        _end.WhenReached(Go, () => _isInterrupted);
        Until(() => _journal.Questions == 1 && _end.Count == 1);
        _end.OnApplied(4);
        Assert.Equal(0, _gone);
        _end.OnApplied(5);
        // At once, or with the answer.
        Until(() => (_gone, _end.Count) == (1, 0));
    }

    [Fact]
    public void WhereNothingIsMissingItGoesWithTheAnswer()
    {
        (_journal.End, _reached) = (5, 5);
        _end.WhenReached(Go, () => _isInterrupted);
        Until(() => _gone == 1);
    }

    // Its answer may be older than the call.
    [Fact]
    public void AQuestionThatIsUnderWayServesNoCallThatComesThen()
    {
        (_journal.End, _reached) = (5, 5);
        _journal.Holds.Reset();
        _end.WhenReached(Go, () => _isInterrupted);
        Until(() => _journal.Questions == 1);
        _end.WhenReached(Go, () => _isInterrupted);
        _end.WhenReached(Go, () => _isInterrupted);
        _journal.NextEnd = 6;
        _journal.Holds.Set();
        Until(() => _journal.Questions == 2 && _gone == 1);
        Thread.Sleep(150);
        Assert.Equal((1, 2, 2), (_gone, _end.Count, _journal.Questions));
        _end.OnApplied(6);
        Until(() => _gone == 3);
    }

    [Fact]
    public void G6_WhileTheJournalIsAwayNoCallWaitsLongerThanTheLimitAndThenNoneAtAll()
    {
        _journal.IsAway = true;
        _end.WhenReached(Go, () => _isInterrupted);
        _clock.Advance(9);
        Thread.Sleep(150);
        Assert.Equal(0, _gone);
        _clock.Advance(1);
        Until(() => _gone == 1);
        _end.WhenReached(Go, () => _isInterrupted);
        Assert.Equal(2, _gone);

        (_journal.IsAway, _journal.End, _reached) = (false, 7, 7);
        int gone = _gone;
        Until(() =>
        {
            _end.WhenReached(Go, () => _isInterrupted);
            gone++;
            return _gone < gone;
        });
        Until(() => _end.Count == 0 && _gone == gone);
        _journal.End = 8;
        _end.WhenReached(Go, () => _isInterrupted);
        Thread.Sleep(150);
        Assert.Equal((gone, 1), (_gone, _end.Count));
        _end.OnApplied(8);
        Until(() => _gone == gone + 1);
    }

    // A full disk: the journal answers, and nothing is applied.
    [Fact]
    public void G6_WhileNothingIsAppliedHereNoCallWaitsAfterTheFirstThatWaitedTooLong()
    {
        _journal.End = 5;
        _end.WhenReached(Go, () => _isInterrupted);
        Until(() => _journal.Questions == 1);
        _clock.Advance(10);
        Until(() => _gone == 1);
        int questions = _journal.Questions;
        Until(() => _journal.Questions > questions);
        _end.WhenReached(Go, () => _isInterrupted);
        Assert.Equal(2, _gone);
    }

    [Fact]
    public void G6_AnInterruptedCallWaitsASecondAtMost()
    {
        _journal.End = 5;
        _isInterrupted = true;
        _end.WhenReached(Go, () => _isInterrupted);
        Thread.Sleep(150);
        Assert.Equal(0, _gone);
        _clock.Advance(1);
        Until(() => _gone == 1);
    }

    [Fact]
    public void AtTheEndNothingWaitsAnyMore()
    {
        _journal.End = 5;
        _end.WhenReached(Go, () => _isInterrupted);
        _end.End();
        Assert.Equal(1, _gone);
        _end.WhenReached(Go, () => _isInterrupted);
        Assert.Equal(2, _gone);
    }

    public void Dispose()
    {
        _journal.Holds.Set();
        _end.Dispose();
        _journal.Holds.Dispose();
    }

    private void Go() => Interlocked.Increment(ref _gone);

    private static void Until(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, TimeSpan.FromSeconds(20)), "It did not happen.");

    private sealed class AskedJournal : IJournal
    {
        private int _questions;

        public ManualResetEventSlim Holds { get; } = new(true);

        public int Questions => Volatile.Read(ref _questions);

        public long End { get; set; }

        public long? NextEnd { get; set; }

        public bool IsAway { get; set; }

        public JournalIdentity Identity => new("asked", "", "");

        public int PartitionCount => 1;

        public int MaxRecordBytes => 1_000_000;

        public string? Trouble => null;

        public JournalBounds QueryBounds(int partition, CancellationToken cancellationToken)
        {
            long end = End;
            Interlocked.Increment(ref _questions);
            Holds.Wait(cancellationToken);
            End = NextEnd ?? end;
            return IsAway ? throw new JournalUnavailableException("away") : new JournalBounds(0, end);
        }

        public IJournalAppender OpenAppender(int partition, IAppendListener listener) => throw new NotSupportedException();

        public IJournalReader OpenReader(int partition, long from) => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}
