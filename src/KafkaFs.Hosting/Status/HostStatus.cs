using System.Globalization;
using KafkaFs.Replica;
using KafkaFs.Replica.Checkpoint;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace KafkaFs.Hosting.Status;

/// <summary>What health, metrics, the log and systemd say of this host. Safe for use from several threads.</summary>
public sealed partial class HostStatus(TimeProvider clock, ServiceNotices? systemd = null, ILogger? logger = null)
{
    /// <summary>Longest time without a look at the replica.</summary>
    public static readonly TimeSpan LookLimit = TimeSpan.FromSeconds(10);

    /// <summary>Longest time that a record is applied, or a call handled, or nothing is read, until that counts as hanging. Disks are slow at times.</summary>
    public static readonly TimeSpan HangLimit = TimeSpan.FromSeconds(60);

    /// <summary>A host that has failed may need so long to leave mount and checkpoint in order.</summary>
    public static readonly TimeSpan TakeDownLimit = TimeSpan.FromMinutes(5);

    private const long NoLook = long.MinValue;

    private static readonly TimeSpan s_maxLag = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_logInterval = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly ILogger _logger = logger ?? NullLogger.Instance;
    private readonly ReplicationLag _lag = new(clock);
    private readonly List<Func<string?>> _watched = [];
    private readonly long?[] _loggedAt = new long?[Enum.GetValues<HostState>().Length];
    private volatile HostCondition _now = new(HostState.Starting, "starting", clock.GetUtcNow());
    private volatile DurableCheckpoint? _checkpoint;
    private string _logged = "";
    private long _applied;
    private long _end;
    private long _lookedAt = NoLook;

    public HostState State => _now.State;

    /// <summary>What a start is at; nothing later.</summary>
    public WorkProgress Work { get; } = new(clock);

    /// <summary>What opening the replica took, a recovery included; zero before it is open. Set once, before the host is ready.</summary>
    public TimeSpan OpeningTook { get; set; }

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

    /// <summary>Ready, not far behind, and nothing hangs.</summary>
    public bool IsReady => State == HostState.Ready && LagSeconds <= s_maxLag.TotalSeconds && Hang is null;

    /// <summary>False if this process hangs, and should be ended: by itself it will not go on. A journal that is away is no reason, and a start and a stop have none.</summary>
    public bool IsAlive => State switch
    {
        HostState.Refused => clock.GetUtcNow() - Since < TakeDownLimit,
        HostState.Starting or HostState.Stopping => true,
        _ => Hang is null,
    };

    /// <summary>What hangs, in words for a person; null if nothing does.</summary>
    public string? Hang
    {
        get
        {
            if (SinceLook is TimeSpan since && since > LookLimit)
            {
                return $"the thread that looks at the replica has not moved for {since.TotalSeconds:F0} s";
            }

            lock (_watched)
            {
                return _watched.Select(static watched => watched()).FirstOrDefault(static words => words is not null);
            }
        }
    }

    // SetPosition is called all the time by the thread that looks at the replica; null before there is one.
    private TimeSpan? SinceLook => Volatile.Read(ref _lookedAt) is long at and not NoLook ? clock.GetElapsedTime(at) : null;

    /// <summary>Has something watched from here on that must move: it says what hangs, in words, or null. It is asked from any thread, and must not wait.</summary>
    public void Watch(Func<string?> hang)
    {
        lock (_watched)
        {
            _watched.Add(hang);
        }
    }

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
