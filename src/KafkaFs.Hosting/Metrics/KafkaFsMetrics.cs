using System.Diagnostics;
using System.Diagnostics.Metrics;
using KafkaFs.Hosting.Configuration;
using KafkaFs.Hosting.Status;
using KafkaFs.Journal.Codec;
using KafkaFs.Posix;
using KafkaFs.Replica;
using KafkaFs.Replica.Apply;
using KafkaFs.Replica.Checkpoint;
using KafkaFs.Replica.Namespace;
using Microsoft.Extensions.Logging;

namespace KafkaFs.Hosting.Metrics;

/// <summary>The meter of a host, by Prometheus' conventions: seconds, bytes, totals, and labels of few values.</summary>
public sealed class KafkaFsMetrics : IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "KafkaFs";

    // 50 µs (answered from memory) to 10 s (a journal that is about to count as stalled).
    private static readonly InstrumentAdvice<double> s_seconds = new()
    {
        HistogramBucketBoundaries = [50e-6, 100e-6, 250e-6, 500e-6, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    };

    private const ulong HashMask = (1UL << 48) - 1;

    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _calls;
    private readonly Histogram<double> _callSeconds;
    private readonly Histogram<double> _appendSeconds;
    private readonly Counter<long> _readBytes;
    private readonly Counter<long> _writtenBytes;

    public KafkaFsMetrics(HostStatus status)
    {
        _calls = _meter.CreateCounter<long>("kafkafs_calls", description: "Calls of the mount by operation and errno.");
        _callSeconds = _meter.CreateHistogram<double>("kafkafs_call_duration", "s", "Time from reading a call to its answer.", null, s_seconds);
        _appendSeconds = _meter.CreateHistogram<double>("kafkafs_journal_append", "s", "Time from handover to acknowledgement of a record.", null, s_seconds);
        _readBytes = _meter.CreateCounter<long>("kafkafs_read", "By", "Bytes read from the mount.");
        _writtenBytes = _meter.CreateCounter<long>("kafkafs_written", "By", "Bytes written to the mount.");
        _meter.CreateObservableGauge("kafkafs_applied_offset", () => status.AppliedOffset, description: "Offset of the next record to apply.");
        _meter.CreateObservableGauge("kafkafs_journal_end_offset", () => status.EndOffset, description: "End of the journal when last asked.");
        _meter.CreateObservableGauge("kafkafs_lag_records", () => status.LagRecords, description: "Records that are not applied yet.");
        _meter.CreateObservableGauge("kafkafs_lag", () => status.LagSeconds, "s", "How long the oldest record that is not applied has waited for it.");
        _meter.CreateObservableGauge("kafkafs_ready", () => status.IsReady ? 1 : 0, description: "1 if the host is ready.");
        _meter.CreateObservableGauge("kafkafs_opening", () => status.OpeningTook.TotalSeconds, "s", "What loading the index, and recovering, took at the start.");
        _meter.CreateObservableGauge("kafkafs_state", () => States(status.State), description: "1 for the state that the host is in.");
    }

    /// <summary>Observes this process: what it is, its start, and what it has logged.</summary>
    public void Observe(HostInstance instance, HostSettings settings, LastError log)
    {
        KeyValuePair<string, object?>[] what =
        [
            new("version", HostReport.VersionOfThisProcess), new("host", instance.FullName), new("mountpoint", settings.Mountpoint), new("data_root", settings.DataRoot),
        ];
        double started = new DateTimeOffset(Process.GetCurrentProcess().StartTime).ToUnixTimeMilliseconds() / 1e3;
        _meter.CreateObservableGauge(
            "kafkafs_build_info", () => new Measurement<int>(1, what), description: "1, with the version, and which host it is.");
        _meter.CreateObservableGauge("kafkafs_start_time", () => started, "s", "When the process started, since 1970.");
        _meter.CreateObservableCounter("kafkafs_log_messages", () => Levels(log), description: "Messages logged, by level.");
    }

    /// <summary>The same calls for `kafkafs top`, which tells who makes them.</summary>
    public CallCounters Calls { get; } = new();

    /// <summary>A call of <paramref name="thread"/> was answered. <paramref name="started"/> is a Stopwatch timestamp.</summary>
    public void OnCall(string operation, Errno errno, uint thread, long started)
    {
        TimeSpan took = Stopwatch.GetElapsedTime(started);
        Calls.Add(operation, errno != Errno.None, thread, took);
        _calls.Add(1, new TagList { { "operation", operation }, { "errno", ErrnoNames.Of(errno) } });
        _callSeconds.Record(took.TotalSeconds, new KeyValuePair<string, object?>("operation", operation));
    }

    public void OnRead(int bytes) => _readBytes.Add(bytes);

    public void OnWritten(int bytes) => _writtenBytes.Add(bytes);

    public void OnAcknowledged(TimeSpan latency) => _appendSeconds.Record(latency.TotalSeconds);

    /// <summary>Observes what a replica has applied, and what it waits for.</summary>
    public void Observe(LocalReplica replica)
    {
        (ApplyCounters counters, NamespaceState state) = (replica.Applier.Counters, replica.Namespace);
        _meter.CreateObservableCounter("kafkafs_applied_records", () => Kinds(counters), description: "Records applied, by kind.");
        _meter.CreateObservableCounter("kafkafs_void_records", () => Voids(counters), description: "Records that changed nothing, by reason.");
        _meter.CreateObservableCounter("kafkafs_applied", () => counters.Bytes, "By", "Bytes of applied records.");
        _meter.CreateObservableGauge(
            "kafkafs_apply_stalled", () => replica.Stall is null ? 0 : 1, description: "1 while this machine refuses the next record or checkpoint.");
        _meter.CreateObservableCounter(
            "kafkafs_strangers", () => (long)replica.Tree.Strangers, description: "Files that were in the way of a name and were moved to .kafkafs/foreign.");
        _meter.CreateObservableCounter(
            "kafkafs_goals_met", () => (long)replica.Tree.GoalsMet, description: "Changes of names that the tree had already, by somebody's hand or before a refusal.");
        ObserveQueue("acknowledged_records", () => replica.Applier.OwnQueued);
        Observe(replica.Checkpoints);
        _meter.CreateObservableGauge("kafkafs_inodes", () => state.InodeCount, description: "Inodes of the filesystem.");
        _meter.CreateObservableGauge("kafkafs_sessions", () => Sessions(state), description: "Open sessions of masters, also of those that were killed.");
        _meter.CreateObservableGauge("kafkafs_entries", () => state.EntryCount, description: "Names of the filesystem.");
    }

    private void Observe(Checkpointer checkpoints)
    {
        _meter.CreateObservableGauge("kafkafs_checkpoint_position", () => checkpoints.Position, description: "First record that the last durable checkpoint does not hold.");
        _meter.CreateObservableGauge("kafkafs_checkpoint_state", () => State(checkpoints.Durable), description: "Position and hash of the last durable checkpoint, of one moment.");
        _meter.CreateObservableCounter("kafkafs_checkpoints", () => checkpoints.Count, description: "Checkpoints that this process made durable.");
        _meter.CreateObservableGauge("kafkafs_checkpoint", () => checkpoints.LastDuration.TotalSeconds, "s", "What the last checkpoint took until it was durable.");
        _meter.CreateObservableGauge(
            "kafkafs_checkpoint_longest_pause", () => checkpoints.LongestPause.TotalSeconds, "s", "Longest time for which applying waited for a checkpoint to begin.");
    }

    /// <summary>Observes what the kernel was told of changes by other masters.</summary>
    public void ObserveNotifications(Func<(long Inodes, long Names, long All)> sent) => _meter.CreateObservableCounter(
        "kafkafs_kernel_notifications", () => Notifications(sent()), description: "Inodes and names that the kernel was told to look up again, and times that it was told so of all.");

    /// <summary>Observes the length of a queue.</summary>
    public void ObserveQueue(string queue, Func<long> length) =>
        _meter.CreateObservableGauge(
            $"kafkafs_queue_{queue}", length, description: $"Length of the queue: {queue}.");

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    // As values of one instrument, since they belong together. A sample is a double: it has the last 48 bits of the hash exactly; the
    // hash as a label would leave a series behind for each checkpoint.
    private static Measurement<long>[] State(DurableCheckpoint checkpoint) =>
    [
        new(checkpoint.Position, new KeyValuePair<string, object?>("part", "position")),
        new((long)(ulong)(checkpoint.StateHash & HashMask), new KeyValuePair<string, object?>("part", "hash")),
    ];

    private static IEnumerable<Measurement<int>> States(HostState current) =>
        Enum.GetValues<HostState>().Select(state => new Measurement<int>(state == current ? 1 : 0, new KeyValuePair<string, object?>("state", state.ToString())));

    private static IEnumerable<Measurement<long>> Levels(LastError log) =>
        ((LogLevel[])[LogLevel.Warning, LogLevel.Error, LogLevel.Critical]).Select(level => new Measurement<long>(log.Count(level), new KeyValuePair<string, object?>("level", level.ToString())));

    private static Measurement<long>[] Notifications((long Inodes, long Names, long All) sent) =>
    [
        new(sent.Inodes, new KeyValuePair<string, object?>("of", "inode")),
        new(sent.Names, new KeyValuePair<string, object?>("of", "name")),
        new(sent.All, new KeyValuePair<string, object?>("of", "all")),
    ];

    private static int Sessions(NamespaceState state)
    {
        lock (state.Gate)
        {
            return state.Sessions.Count;
        }
    }

    private static IEnumerable<Measurement<long>> Kinds(ApplyCounters counters) =>
        Enum.GetValues<ChangeKind>().Where(kind => kind != ChangeKind.None)
            .Select(kind => new Measurement<long>(counters.Accepted(kind), new KeyValuePair<string, object?>("kind", kind.ToString())));

    private static IEnumerable<Measurement<long>> Voids(ApplyCounters counters) =>
        Enum.GetValues<VoidReason>().Where(reason => reason != VoidReason.None)
            .Select(reason => new Measurement<long>(counters.Void(reason), new KeyValuePair<string, object?>("reason", reason.ToString())));
}
