namespace KafkaFs.TestKit;

/// <summary>A clock that stands still; its timers fire when a test says so, on the test's thread.</summary>
public sealed class ManualClock : TimeProvider
{
    private readonly List<Timer> _timers = [];

    /// <summary>Fires every timer that is running, once.</summary>
    public void FireTimers()
    {
        foreach (Timer timer in _timers.ToArray())
        {
            timer.Fire();
        }
    }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddSeconds(1_700_000_000);

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
