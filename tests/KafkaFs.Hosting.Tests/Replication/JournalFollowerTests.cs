using KafkaFs.Hosting.Metrics;
using KafkaFs.Hosting.Replication;
using KafkaFs.Hosting.Status;
using KafkaFs.Journal.Check;
using KafkaFs.Journal.Contract;
using KafkaFs.Journal.Embedded;
using KafkaFs.Replica;
using KafkaFs.Replica.Tree;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Journal;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace KafkaFs.Hosting.Tests.Replication;

/// <summary>A real replica on an empty embedded journal that answers as the test says.</summary>
public sealed class JournalFollowerTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = new("/var/tmp");
    private readonly ManualClock _clock = new();
    private readonly HostStatus _status;
    private readonly KafkaFsMetrics _metrics;
    private FakeJournal _journal = null!;
    private LocalReplica _replica = null!;
    private LogCheck _check = null!;

    public JournalFollowerTests()
    {
        _status = new HostStatus(_clock);
        _metrics = new KafkaFsMetrics(_status);
    }

    public async ValueTask InitializeAsync()
    {
        EmbeddedJournalProvider provider = new(_folder["journal.db"], NullLogger.Instance);
        _journal = new FakeJournal(await provider.OpenAsync(createIfMissing: true, TestContext.Current.CancellationToken));
        ReplicaOptions options = new() { DataRoot = _folder["root"], Ownership = TreeOwnership.Namespace };
        _replica = LocalReplica.Open(options, _journal, NullLogger.Instance, _clock, TestContext.Current.CancellationToken);
        _check = ReplicaOpening.Check(_replica, _journal, NullLogger.Instance, _clock);
    }

    [Fact]
    public async Task AJournalThatIsAwayAtTheStartIsWaitedFor()
    {
        _journal.Bounds = () => throw new JournalUnavailableException("no broker");
        using JournalFollower follower = Follow();
        await WaitAsync(HostState.CatchingUp);
        _clock.Advance(10);
        await WaitAsync(HostState.Stalled);
        Assert.False(follower.CaughtUp.IsCompleted);
        _journal.Bounds = () => new JournalBounds(0, 0);
        await follower.CaughtUp.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task G4_AVerdictOfTheJournalEndsFollowingAndReadinessAtOnce()
    {
        using JournalFollower follower = Follow();
        await follower.CaughtUp.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        follower.BecomeReady("mounted");
        Assert.True(_status.IsReady);
        _journal.Bounds = () => throw new JournalRefusedException(JournalRefusal.Replaced, "deleted and created again");
        JournalRefusedException exception = await Assert.ThrowsAsync<JournalRefusedException>(
            () => follower.Ended.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
        Assert.Equal(JournalRefusal.Replaced, exception.Refusal);
        Assert.Equal((HostState.Refused, "deleted and created again", false), (_status.State, _status.Words, _status.IsReady));
    }

    [Fact]
    public async Task AJournalThatAnswersAndIsNotReadFor10SecondsIsAStallThatSaysWhy()
    {
        using JournalFollower follower = Follow();
        await follower.CaughtUp.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        follower.BecomeReady("mounted");
        _journal.ReadingTrouble = "the brokers do not allow Read";
        await WaitAsync(HostState.Ready, "mounted; journal: the brokers do not allow Read");
        _clock.Advance(10);
        await WaitAsync(HostState.Stalled, "nothing is read from the journal since 00:00:00 UTC: the brokers do not allow Read");
        _journal.ReadingTrouble = null;
        await WaitAsync(HostState.Ready, "mounted");
    }

    [Fact]
    public async Task AStalledJournalMakesAReadyHostUnreadyUntilItAnswers()
    {
        using JournalFollower follower = Follow();
        await follower.CaughtUp.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        follower.BecomeReady("mounted");
        _journal.Bounds = () => throw new JournalUnavailableException("no broker");
        await WaitAsync(HostState.Ready, "mounted; journal: no broker");
        _clock.Advance(11);
        await WaitAsync(HostState.Stalled);
        Assert.False(_status.IsReady);
        _journal.Bounds = () => new JournalBounds(0, 0);
        await WaitAsync(HostState.Ready, "mounted");
    }

    [Fact]
    public async Task AStopWaitsForTheJournalsLastAnswer()
    {
        using ManualResetEventSlim asked = new(), answer = new();
        using JournalFollower follower = Follow();
        _journal.Bounds = () =>
        {
            asked.Set();
            answer.Wait();
            return new JournalBounds(0, 0);
        };
        Assert.True(asked.Wait(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
        Task stop = Task.Run(follower.Stop, TestContext.Current.CancellationToken);
        await Task.Delay(300, TestContext.Current.CancellationToken);
        Assert.False(stop.IsCompleted);
        answer.Set();
        await stop.WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
    }

    // Bounds that fit are no proof: nothing is read, and nobody is told that it has caught up.
    [Fact]
    public async Task G4_AReplicaThatWasOpenedWithoutItsJournalReadsNothingBeforeThatIsChecked()
    {
        ReopenUnchecked();
        _journal.Answer = () => throw new JournalUnavailableException("no broker");
        using JournalFollower follower = Follow();
        follower.BecomeReady("mounted");
        await WaitAsync(HostState.Stalled, "the journal is away since the start: no broker; what is here is read as the last run left it, and changes wait");
        Assert.True(_journal.QueryBounds(0, default).Next > _replica.Applier.NextOffset);
        Assert.Equal((1, false, 0), ((int)_replica.Applier.NextOffset, follower.CaughtUp.IsCompleted, _journal.Readers));
        _journal.Answer = null;
        await follower.CaughtUp.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.Equal(2, _replica.Applier.NextOffset);
        await WaitAsync(HostState.Ready, "mounted");
    }

    [Fact]
    public async Task G4_AnotherJournalThatComesBackEndsFollowingBeforeAnythingIsRead()
    {
        ReopenUnchecked();
        _journal.Facts = LogProbe.Probe(_journal, 1, default) with { Origin = new LogOrigin(Guid.NewGuid(), "another"), TailHash = null };
        _journal.Readers = 0;
        using JournalFollower follower = Follow();
        for (int attempt = 0; !follower.Ended.IsCompleted; attempt++)
        {
            Assert.True(attempt < 1_000, $"{_status.State}: {_status.Words}");
            _clock.Advance(1);
            _clock.FireTimers();
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        JournalRefusedException exception = await Assert.ThrowsAsync<JournalRefusedException>(() => follower.Ended);
        Assert.Equal((JournalRefusal.Replaced, 0), (exception.Refusal, _journal.Readers));
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    public void Dispose()
    {
        _check?.Dispose();
        _replica?.Dispose();
        _journal?.Dispose();
        _metrics.Dispose();
        if (Directory.Exists(_folder.Path))
        {
            _folder.Dispose();
        }
    }

    // Stopped cleanly behind the first record of two, and opened while nothing answers.
    private void ReopenUnchecked()
    {
        RecordWriter writer = new(Guid.NewGuid(), Guid.NewGuid());
        using (IJournalAppender appender = _journal.OpenAppender(0, new RecordingListener()))
        {
            Assert.True(appender.TryAppend(writer.FilesystemCreated(), 1));
            Assert.True(appender.TryAppend(writer.SessionStarted(), 2));
            Assert.True(SpinWait.SpinUntil(() => _journal.QueryBounds(0, default).Next == 2, TimeSpan.FromSeconds(10)));
        }

        JournalBatch one = new(maxRecords: 1);
        using (IJournalReader reader = _journal.OpenReader(0, 0))
        {
            Assert.True(reader.Read(one, TimeSpan.FromSeconds(5)));
        }

        _replica.Applier.Apply(one, TestContext.Current.CancellationToken);
        _replica.Close();
        _check.Dispose();
        _replica.Dispose();
        _journal.Answer = () => throw new JournalUnavailableException("no broker");
        ReplicaOptions options = new() { DataRoot = _folder["root"], Ownership = TreeOwnership.Namespace, OpensUnchecked = true };
        _replica = LocalReplica.Open(options, _journal, NullLogger.Instance, _clock, TestContext.Current.CancellationToken);
        _check = ReplicaOpening.Check(_replica, _journal, NullLogger.Instance, _clock);
        (_journal.Answer, _journal.Readers) = (null, 0);
    }

    private JournalFollower Follow() => new(_replica, _journal, _check, _status, _metrics, _clock);

    private async Task WaitAsync(HostState state, string? words = null)
    {
        for (int attempt = 0; _status.State != state || (words is not null && _status.Words != words); attempt++)
        {
            Assert.True(attempt < 1_000, $"{_status.State}: {_status.Words}");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }
}
