using System.Diagnostics;
using System.Diagnostics.Metrics;
using KafkaFs.Hosting.Status;
using KafkaFs.Journal.Codec;
using KafkaFs.Posix;
using KafkaFs.Replica.Apply;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.Hosting.Metrics;

/// <summary>The meter of a host, by Prometheus' conventions: seconds, bytes, totals, and labels of few values.</summary>
public sealed class KafkaFsMetrics : IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "KafkaFs";

    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _calls;
    private readonly Histogram<double> _callSeconds;
    private readonly Histogram<double> _appendSeconds;
    private readonly Counter<long> _readBytes;
    private readonly Counter<long> _writtenBytes;

    public KafkaFsMetrics(HostStatus status)
    {
        _calls = _meter.CreateCounter<long>("kafkafs_calls", description: "Calls of the mount by operation and errno.");
        _callSeconds = _meter.CreateHistogram<double>("kafkafs_call_duration", "s", "Time from reading a call to its answer.");
        _appendSeconds = _meter.CreateHistogram<double>("kafkafs_journal_append", "s", "Time from handover to acknowledgement of a record.");
        _readBytes = _meter.CreateCounter<long>("kafkafs_read", "By", "Bytes read from the mount.");
        _writtenBytes = _meter.CreateCounter<long>("kafkafs_written", "By", "Bytes written to the mount.");
        _meter.CreateObservableGauge("kafkafs_applied_offset", () => status.AppliedOffset, description: "Offset of the next record to apply.");
        _meter.CreateObservableGauge("kafkafs_journal_end_offset", () => status.EndOffset, description: "End of the journal when last asked.");
        _meter.CreateObservableGauge("kafkafs_lag_records", () => status.LagRecords, description: "Records that are not applied yet.");
        _meter.CreateObservableGauge("kafkafs_lag", () => status.LagSeconds, "s", "Age of the last applied record while behind.");
        _meter.CreateObservableGauge("kafkafs_ready", () => status.IsReady ? 1 : 0, description: "1 if the host is ready.");
        _meter.CreateObservableGauge("kafkafs_state", () => States(status.State), description: "1 for the state that the host is in.");
    }

    /// <summary>A call was answered. <paramref name="started"/> is a Stopwatch timestamp.</summary>
    public void OnCall(string operation, Errno errno, long started)
    {
        _calls.Add(1, new TagList { { "operation", operation }, { "errno", ErrnoNames.Of(errno) } });
        _callSeconds.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, new KeyValuePair<string, object?>("operation", operation));
    }

    public void OnRead(int bytes) => _readBytes.Add(bytes);

    public void OnWritten(int bytes) => _writtenBytes.Add(bytes);

    public void OnAcknowledged(TimeSpan latency) => _appendSeconds.Record(latency.TotalSeconds);

    /// <summary>Observes what a replica has applied.</summary>
    public void Observe(ApplyCounters counters, NamespaceState state)
    {
        _meter.CreateObservableCounter("kafkafs_applied_records", () => Kinds(counters), description: "Records applied, by kind.");
        _meter.CreateObservableCounter("kafkafs_void_records", () => Voids(counters), description: "Records that changed nothing, by reason.");
        _meter.CreateObservableCounter("kafkafs_applied", () => counters.Bytes, "By", "Bytes of applied records.");
        _meter.CreateObservableGauge("kafkafs_inodes", () => state.InodeCount, description: "Inodes of the filesystem.");
        _meter.CreateObservableGauge("kafkafs_entries", () => state.EntryCount, description: "Names of the filesystem.");
    }

    /// <summary>Observes the length of a queue.</summary>
    public void ObserveQueue(string queue, Func<int> length) =>
        _meter.CreateObservableGauge(
            $"kafkafs_queue_{queue}", length, description: $"Length of the queue: {queue}.");

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private static IEnumerable<Measurement<int>> States(HostState current) =>
        Enum.GetValues<HostState>().Select(state => new Measurement<int>(state == current ? 1 : 0, new KeyValuePair<string, object?>("state", state.ToString())));

    private static IEnumerable<Measurement<long>> Kinds(ApplyCounters counters) =>
        Enum.GetValues<ChangeKind>().Where(kind => kind != ChangeKind.None)
            .Select(kind => new Measurement<long>(counters.Accepted(kind), new KeyValuePair<string, object?>("kind", kind.ToString())));

    private static IEnumerable<Measurement<long>> Voids(ApplyCounters counters) =>
        Enum.GetValues<VoidReason>().Where(reason => reason != VoidReason.None)
            .Select(reason => new Measurement<long>(counters.Void(reason), new KeyValuePair<string, object?>("reason", reason.ToString())));
}
