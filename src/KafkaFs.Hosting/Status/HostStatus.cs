using System.Globalization;
using KafkaFs.Replica.Checkpoint;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace KafkaFs.Hosting.Status;

/// <summary>What health, metrics, the log and systemd say of this host. Safe for use from several threads.</summary>
public sealed partial class HostStatus(TimeProvider clock, ServiceNotices? systemd = null, ILogger? logger = null)
{
    private const long NoLook = long.MinValue;

    private static readonly TimeSpan s_maxLag = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_logInterval = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly ILogger _logger = logger ?? NullLogger.Instance;
    private readonly ReplicationLag _lag = new(clock);
    private readonly long?[] _loggedAt = new long?[Enum.GetValues<HostState>().Length];
    private volatile HostCondition _now = new(HostState.Starting, "starting", clock.GetUtcNow());
    private volatile DurableCheckpoint? _checkpoint;
    private string _logged = "";
    private long _applied;
    private long _end;
    private long _lookedAt = NoLook;

    public HostState State => _now.State;

    /// <summary>The state in words.</summary>
    public string Words => _now.Words;

    public DateTimeOffset Since => _now.Since;

    /// <summary>Offset of the next record to apply.</summary>
    public long AppliedOffset => Volatile.Read(ref _applied);

    /// <summary>End of the journal when it was last asked.</summary>
    public long EndOffset => Math.Max(Volatile.Read(ref _end), AppliedOffset);

    public long LagRecords => EndOffset - AppliedOffset;

    /// <summary>The last durable checkpoint; null before there is one.</summary>
    public DurableCheckpoint? Checkpoint
    {
        get => _checkpoint;
        set => _checkpoint = value;
    }

    /// <summary>How long the oldest record that is not applied has waited for it, seconds; 0 when there is none.</summary>
    public double LagSeconds
    {
        get
        {
            lock (_gate)
            {
                return _lag.Seconds;
            }
        }
    }

    /// <summary>Ready, and not far behind.</summary>
    public bool IsReady => State == HostState.Ready && LagSeconds <= s_maxLag.TotalSeconds;

    /// <summary>Time since <see cref="SetPosition"/>, which the thread that looks at the replica calls all the time; null before there is one.</summary>
    public TimeSpan? SinceLook => Volatile.Read(ref _lookedAt) is long at and not NoLook ? clock.GetElapsedTime(at) : null;

    /// <summary>
    /// Changes the state; log and systemd hear of it, rarely enough to be called all the time. A host that stops or has failed
    /// does not become anything else.
    /// </summary>
    public void Set(HostState state, string words)
    {
        lock (_gate)
        {
            if (!_now.MayBecome(state))
            {
                return;
            }

            if (_now.State != state || _now.Words != words)
            {
                _now = new HostCondition(state, words, _now.State == state ? _now.Since : clock.GetUtcNow());
            }

            Log();
            systemd?.Tell(_now, Progress());
        }
    }

    /// <summary>Where the replica stands.</summary>
    public void SetPosition(long appliedOffset, long lastAppendTimeMs)
    {
        lock (_gate)
        {
            _lag.OnApplied(appliedOffset, lastAppendTimeMs);
        }

        Volatile.Write(ref _applied, appliedOffset);
        Volatile.Write(ref _lookedAt, clock.GetTimestamp());
    }

    /// <summary>Where the journal ends.</summary>
    public void SetEnd(long endOffset)
    {
        lock (_gate)
        {
            _lag.OnEnd(endOffset);
        }

        Volatile.Write(ref _end, endOffset);
    }

    // Nothing where the position says nothing, or the words say it.
    private string Progress() =>
        _now.State is HostState.Ready or HostState.Stalled ? string.Create(CultureInfo.InvariantCulture, $"; record {AppliedOffset} of {EndOffset}, {_lag.Seconds:F0} s behind") : "";

    // Each state once, and what a stalled host waits for whenever that changes; none of them more often than the interval.
    private void Log()
    {
        HostState state = _now.State;
        string key = state == HostState.Stalled ? _now.Words : state.ToString();
        if (key == _logged || state is HostState.Starting or HostState.Refused)
        {
            return;
        }

        if (_loggedAt[(int)state] is not long at || clock.GetElapsedTime(at) >= s_logInterval)
        {
            _logged = key;
            _loggedAt[(int)state] = clock.GetTimestamp();
            if (state == HostState.Stalled)
            {
                LogStalled(_logger, _now.Words);
            }
            else
            {
                LogState(_logger, state, _now.Words);
            }
        }
    }

    [LoggerMessage(5010, LogLevel.Information, "{State}: {Words}")]
    private static partial void LogState(ILogger logger, HostState state, string words);

    [LoggerMessage(5011, LogLevel.Warning, "Stalled, and going on by itself when this ends: {Words}")]
    private static partial void LogStalled(ILogger logger, string words);
}
