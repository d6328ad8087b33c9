using KafkaFs.Hosting.Status;
using KafkaFs.TestKit;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace KafkaFs.Hosting.Tests.Status;

public sealed class StatusTests : ISystemdNotifier, ILogger
{
    private readonly ManualClock _clock = new();
    private readonly List<string> _notices = [];
    private readonly List<string> _log = [];
    private readonly HostStatus _status;
    private readonly ServiceNotices _systemd;

    public StatusTests()
    {
        _systemd = new ServiceNotices(this, _clock);
        _status = new HostStatus(_clock, _systemd, this);
    }

    bool ISystemdNotifier.IsEnabled => true;

    [Fact]
    public void AHostIsReadyOnlyInThatStateAndNotFarBehind()
    {
        Assert.False(_status.IsReady);
        _status.Set(HostState.Ready, "mounted");
        Assert.True(_status.IsReady);
        _status.SetPosition(50, 0);
        _status.SetEnd(50);
        _status.SetEnd(100);
        _clock.Advance(30);
        _status.SetPosition(50, 0);
        Assert.Equal((50, 30), (_status.LagRecords, _status.LagSeconds));
        Assert.True(_status.IsReady);
        _clock.Advance(1);
        Assert.False(_status.IsReady);
        _status.SetPosition(100, 0);
        Assert.Equal(0, _status.LagSeconds);
        Assert.True(_status.IsReady);
    }

    [Fact]
    public void OneRecordAfterAnIdleHourIsNoLag()
    {
        _status.SetPosition(10, _clock.GetUtcNow().ToUnixTimeMilliseconds());
        _status.SetEnd(10);
        _clock.Advance(3_600);
        _status.SetEnd(11);
        Assert.Equal(0, _status.LagSeconds);
        _clock.Advance(2);
        Assert.Equal(2, _status.LagSeconds);
    }

    [Fact]
    public void AReplicaThatKeepsUpWithAWriterThatNeverRestsIsNotBehind()
    {
        _status.SetEnd(0);
        for (int second = 1; second < 300; second++)
        {
            _status.SetEnd(100 * second);
            _clock.Advance(1);
            _status.SetPosition((100 * second) - 10, 0);
            Assert.InRange(_status.LagSeconds, 0, 2);
        }
    }

    [Fact]
    public void AReplicaThatStandsStillWhileOthersWriteFallsBehindFromTheFirstRecordItMissed()
    {
        _status.SetEnd(0);
        for (int second = 1; second <= 300; second++)
        {
            _clock.Advance(1);
            _status.SetEnd(100 * second);
        }

        Assert.Equal(299, _status.LagSeconds);
        // Within the first sightings, each of which is known on its own.
        _status.SetPosition(1_000, 0);
        Assert.Equal(289, _status.LagSeconds);
    }

    [Fact]
    public void ABacklogFoundAtTheStartIsAsOldAsTheLogSays()
    {
        long yesterday = _clock.GetUtcNow().AddDays(-1).ToUnixTimeMilliseconds();
        _status.SetPosition(5, 0);
        _status.SetEnd(100);
        _clock.Advance(1);
        Assert.Equal(1, _status.LagSeconds);
        _status.SetPosition(50, yesterday);
        Assert.Equal(86_401, _status.LagSeconds);
        _status.SetPosition(100, yesterday);
        Assert.Equal(0, _status.LagSeconds);
        _status.SetEnd(101);
        Assert.Equal(0, _status.LagSeconds);
    }

    [Fact]
    public void AHostThatStopsOrHasFailedBecomesNothingElse()
    {
        _status.Set(HostState.Ready, "mounted");
        _status.Set(HostState.Stopping, "stopping");
        _status.Set(HostState.Ready, "mounted");
        _status.Set(HostState.Stalled, "no broker");
        Assert.Equal((HostState.Stopping, "stopping"), (_status.State, _status.Words));
        _status.Set(HostState.Refused, "another journal");
        _status.Set(HostState.Stopping, "stopping");
        Assert.Equal((HostState.Refused, "another journal"), (_status.State, _status.Words));
    }

    [Fact]
    public void SystemdHearsOfAChangeOnceAndAtMostOnceASecond()
    {
        for (int look = 0; look < 100; look++)
        {
            _status.Set(HostState.CatchingUp, $"catching up: {look / 2} of 50");
            _clock.Advance(0.25);
        }

        Assert.InRange(_notices.Count, 20, 26);
        _notices.Clear();
        for (int look = 0; look < 100; look++)
        {
            _status.Set(HostState.Ready, "mounted\non /mnt");
            _clock.Advance(1);
        }

        _status.Set(HostState.Stopping, "stopping");
        _status.Set(HostState.Stopping, "stopping");
        Assert.Equal(["READY=1", "STATUS=mounted on /mnt; record 0 of 0, 0 s behind", "STOPPING=1", "STATUS=stopping"], _notices);
    }

    [Fact]
    public void SystemdHearsWhereAHostStands()
    {
        _status.Set(HostState.Ready, "following");
        _status.SetPosition(5, 0);
        _status.SetEnd(7);
        _clock.Advance(3);
        _status.Set(HostState.Ready, "following");
        Assert.Equal("STATUS=following; record 5 of 7, 3 s behind", _notices[^1]);
    }

    [Fact]
    public void TheLogHoldsEachStateOnceAndWhatIsWaitedForWhenItChanges()
    {
        for (int look = 0; look < 100; look++)
        {
            _status.Set(HostState.Stalled, look < 50 ? "topic 'a' does not exist" : "no broker");
            _clock.Advance(1);
        }

        _status.Set(HostState.CatchingUp, "catching up: 0 of 2");
        _status.Set(HostState.CatchingUp, "catching up: 1 of 2");
        Assert.Equal(3, _log.Count);
        Assert.StartsWith("Warning", _log[0], StringComparison.Ordinal);
        Assert.Contains("does not exist", _log[0], StringComparison.Ordinal);
        Assert.Contains("no broker", _log[1], StringComparison.Ordinal);
        Assert.Equal("Information CatchingUp: catching up: 0 of 2", _log[2]);
    }

    [Fact]
    public void TheWatchdogIsFedWhileTheReplicaIsLookedAtAndWhileWhatHasFailedIsTakenDown()
    {
        using ServiceWatchdog watchdog = new(_status, _systemd, _clock, NullLogger<ServiceWatchdog>.Instance);
        string? hang = null;
        _status.Watch(() => hang);
        Assert.True(IsFed(watchdog));
        // A start has as long as it takes.
        Assert.Contains(_notices, static notice => notice.EndsWith("\nEXTEND_TIMEOUT_USEC=120000000", StringComparison.Ordinal));
        // At a start, before there is a replica to look at.
        _status.Set(HostState.Stalled, "no broker");
        _clock.Advance(3_600);
        Assert.True(IsFed(watchdog));
        _status.Set(HostState.Ready, "mounted");
        _status.SetPosition(1, 0);
        Assert.True(IsFed(watchdog));
        _clock.Advance(11);
        Assert.False(IsFed(watchdog));
        Assert.Equal("the thread that looks at the replica has not moved for 11 s", _status.Hang);
        _status.SetPosition(1, 0);
        Assert.True(IsFed(watchdog));
        Assert.Equal(["WATCHDOG=1"], _notices);
        hang = "a record has been being applied for 61 s";
        Assert.False(IsFed(watchdog));
        Assert.False(_status.IsReady);
        Assert.Equal(hang, _status.Hang);
        hang = null;
        Assert.True(IsFed(watchdog));
        hang = "it is being stopped";
        _status.Set(HostState.Stopping, "stopping");
        Assert.True(IsFed(watchdog));
        _status.Set(HostState.Refused, "the replica failed");
        Assert.True(IsFed(watchdog));
        _clock.Advance(301);
        Assert.False(IsFed(watchdog));
    }

    void ISystemdNotifier.Notify(ServiceState state) => _notices.Add(state.ToString());

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _log.Add($"{logLevel} {formatter(state, exception)}");

    private bool IsFed(ServiceWatchdog watchdog)
    {
        _notices.Clear();
        watchdog.Look();
        return _notices.Any(static notice => notice.StartsWith("WATCHDOG=1", StringComparison.Ordinal));
    }
}
