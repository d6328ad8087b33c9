namespace KafkaFs.TestKit;

/// <summary>A clock that stands until it is moved; its timers fire when a test says so, on the test's thread.</summary>
public sealed class ManualClock : TimeProvider
{
    private readonly List<Timer> _timers = [];
    private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Moves the time forward; no timer fires by that.</summary>
    public void Advance(double seconds) => _now += TimeSpan.FromSeconds(seconds);

    /// <summary>Fires every timer that is running, once.</summary>
    public void FireTimers()
    {
        foreach (Timer timer in _timers.ToArray())
        {
            timer.Fire();
        }
    }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _now;

    /// <inheritdoc/>
    public override long GetTimestamp() => _now.Ticks;

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Timer timer = new(callback, state) { IsRunning = dueTime != Timeout.InfiniteTimeSpan };
        _timers.Add(timer);
        return timer;
    }

    private sealed class Timer(TimerCallback callback, object? state) : ITimer
    {
        public bool IsRunning { get; set; }

        public void Fire()
        {
            if (IsRunning)
            {
                callback(state);
            }
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => IsRunning = dueTime != Timeout.InfiniteTimeSpan;

        public void Dispose() => IsRunning = false;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
