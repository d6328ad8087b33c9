using Microsoft.Extensions.Hosting.Systemd;

namespace KafkaFs.Hosting.Status;

/// <summary>What health, metrics and systemd say of this host. Safe for use from several threads.</summary>
public sealed class HostStatus(TimeProvider clock, ISystemdNotifier? systemd = null)
{
    private static readonly TimeSpan s_maxLag = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private bool _announced;
    private long _applied;
    private long _end;
    private long _lastAppendTimeMs;

    public HostState State { get; private set; }

    /// <summary>The state in words.</summary>
    public string Words { get; private set; } = "starting";

    public DateTimeOffset Since { get; private set; } = clock.GetUtcNow();

    /// <summary>Offset of the next record to apply.</summary>
    public long AppliedOffset => Volatile.Read(ref _applied);

    /// <summary>End of the journal when it was last asked.</summary>
    public long EndOffset => Math.Max(Volatile.Read(ref _end), AppliedOffset);

    public long LagRecords => EndOffset - AppliedOffset;

    /// <summary>Age of the last applied record while there are more to apply; 0 else.</summary>
    public double LagSeconds
    {
        get
        {
            long last = Volatile.Read(ref _lastAppendTimeMs);
            return LagRecords == 0 || last == 0 ? 0 : Math.Max(0, (clock.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(last)).TotalSeconds);
        }
    }

    /// <summary>Ready, and not far behind.</summary>
    public bool IsReady => State == HostState.Ready && LagSeconds <= s_maxLag.TotalSeconds;

    /// <summary>Changes the state; systemd hears of it, and once that the host is ready.</summary>
    public void Set(HostState state, string words)
    {
        lock (_gate)
        {
            if (State != state)
            {
                Since = clock.GetUtcNow();
            }

            (State, Words) = (state, words);
            systemd?.Notify(new ServiceState($"STATUS={words}"));
            if (state == HostState.Ready && !_announced)
            {
                _announced = true;
                systemd?.Notify(ServiceState.Ready);
            }
        }
    }

    /// <summary>Where the replica stands.</summary>
    public void SetPosition(long appliedOffset, long lastAppendTimeMs)
    {
        Volatile.Write(ref _lastAppendTimeMs, lastAppendTimeMs);
        Volatile.Write(ref _applied, appliedOffset);
    }

    /// <summary>Where the journal ends.</summary>
    public void SetEnd(long endOffset) => Volatile.Write(ref _end, endOffset);
}
