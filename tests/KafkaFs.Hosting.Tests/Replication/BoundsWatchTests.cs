using KafkaFs.Hosting.Replication;
using KafkaFs.Hosting.Status;
using KafkaFs.Journal.Contract;
using KafkaFs.TestKit;
using Xunit;

namespace KafkaFs.Hosting.Tests.Replication;

public sealed class BoundsWatchTests : IDisposable
{
    private readonly ManualClock _clock = new();
    private readonly FakeJournal _journal = new();
    private readonly HostStatus _status;
    private readonly BoundsWatch _watch;
    private readonly List<string> _suspicions = [];
    private long _applied;

    public BoundsWatchTests()
    {
        _status = new HostStatus(_clock);
        _watch = new BoundsWatch(_journal, () => _applied, _status, _suspicions.Add, _clock);
    }

    [Fact]
    public void TheFirstAnswerIsTheTargetAndEveryAnswerIsTheEnd()
    {
        Assert.Null(_watch.Target);
        Ask(0, 10);
        Ask(0, 12);
        Assert.Equal((10, 12), (_watch.Target, _status.EndOffset));
    }

    [Fact]
    public void G6_AJournalWithoutAnAnswerFor10SecondsIsStalledUntilItAnswersAndTheWordsSayWhy()
    {
        Ask(0, 10);
        Away("no broker at b:1");
        _clock.Advance(9);
        Assert.Null(_watch.Stall);
        Assert.Equal("no broker at b:1", _watch.Complaint);
        _clock.Advance(1);
        Assert.Contains("has not answered since 00:00:00 UTC: no broker at b:1", _watch.Stall, StringComparison.Ordinal);
        string? words = _watch.Stall;
        _clock.Advance(60);
        Assert.Equal(words, _watch.Stall);
        Ask(0, 10);
        Assert.Equal((null, null), (_watch.Stall, _watch.Complaint));
    }

    [Fact]
    public void AQuestionThatNeverReturnsIsNoAnswer()
    {
        _clock.Advance(11);
        Assert.Contains("no answer to the question", _watch.Stall, StringComparison.Ordinal);
    }

    [Fact]
    public void AMissingTopicIsWaitedForAtOnceAndSaid()
    {
        _journal.Bounds = () => throw new JournalRefusedException(JournalRefusal.Missing, "topic 't' does not exist any more");
        _watch.Ask(CancellationToken.None);
        Assert.Equal("topic 't' does not exist any more", _watch.Stall);
        Ask(0, 10);
        Assert.Null(_watch.Stall);
    }

    [Theory]
    [InlineData(JournalRefusal.Replaced)]
    [InlineData(JournalRefusal.Truncated)]
    [InlineData(JournalRefusal.Forbidden)]
    public void G4_AVerdictIsNotSwallowed(JournalRefusal refusal)
    {
        _journal.Bounds = () => throw new JournalRefusedException(refusal, "no");
        Assert.Equal(refusal, Assert.Throws<JournalRefusedException>(() => _watch.Ask(CancellationToken.None)).Refusal);
    }

    [Fact]
    public void G4_AnEndBeforeWhatIsAppliedIsSuspectedAndNoVerdict()
    {
        _applied = 11;
        Ask(0, 10);
        Assert.Contains("ends at 10, this replica is at 11", _watch.Complaint, StringComparison.Ordinal);
        Assert.Equal([_watch.Complaint!], _suspicions);
        Ask(0, 11);
        Assert.Equal((null, 1), (_watch.Complaint, _suspicions.Count));
    }

    [Fact]
    public void RecordsThatAreAppliedWhileTheJournalIsAskedProveNothing()
    {
        _journal.Bounds = () =>
        {
            _applied = 20;
            return new JournalBounds(0, 10);
        };
        _watch.Ask(CancellationToken.None);
        Assert.Equal(10, _watch.Target);
    }

    public void Dispose() => _journal.Dispose();

    private void Ask(long first, long next)
    {
        _journal.Bounds = () => new JournalBounds(first, next);
        _watch.Ask(CancellationToken.None);
    }

    private void Away(string words)
    {
        _journal.Bounds = () => throw new JournalUnavailableException(words);
        _watch.Ask(CancellationToken.None);
    }
}
