using System.Runtime.InteropServices;
using Confluent.Kafka;
using KafkaFs.Journal.Contract;

namespace KafkaFs.Journal.Kafka;

/// <summary>An idempotent producer for one partition, with a window of its own: what does not fit stays with the caller.</summary>
internal sealed class KafkaAppender : IJournalAppender
{
    private const int PauseMs = 1_000;

    private readonly IProducer<Null, byte[]> _producer;
    private readonly TopicPartition _partition;
    private readonly IAppendListener _listener;
    private readonly KafkaTrouble _trouble;
    private readonly int _maxRecordBytes;

    // The listener hears one thing at a time: reports come from librdkafka's thread, what Produce refuses from the thread pool.
    private readonly Lock _reporting = new();
    private int _windowRecords;
    private long _windowBytes;
    private long _pausedUntilMs;
    private volatile bool _failed;

    public KafkaAppender(KafkaJournalOptions options, int partition, int maxRecordBytes, IAppendListener listener, KafkaTrouble trouble)
    {
        (_partition, _listener, _trouble, _maxRecordBytes) = (new TopicPartition(options.Topic, partition), listener, trouble, maxRecordBytes);
        trouble.Appending = null;
        _producer = KafkaClients.Producer(options, maxRecordBytes, trouble, OnError);
    }

    /// <inheritdoc/>
    public bool TryAppend(ReadOnlyMemory<byte> record, long ticket)
    {
        if (_failed || IsFull || Environment.TickCount64 < Interlocked.Read(ref _pausedUntilMs))
        {
            return false;
        }

        Interlocked.Increment(ref _windowRecords);
        Interlocked.Add(ref _windowBytes, record.Length);
        try
        {
            _producer.Produce(_partition, new Message<Null, byte[]> { Value = AsArray(record) }, report => OnReport(report, ticket, record.Length));
            return true;
        }
        catch (ProduceException<Null, byte[]> exception)
        {
            LeaveWindow(record.Length);
            return OnNotTaken(exception.Error, ticket);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => ClientDisposal.Run(_producer);

    private bool IsFull =>
        _windowRecords >= KafkaClientSettings.WindowRecords || Interlocked.Read(ref _windowBytes) >= KafkaClientSettings.WindowBytes;

    // True if the listener hears of the record, on another thread, as the contract says.
    private bool OnNotTaken(Error error, long ticket)
    {
        switch (error.Code)
        {
            case ErrorCode.Local_QueueFull:
                return false;
            case ErrorCode.MsgSizeTooLarge:
                ThreadPool.UnsafeQueueUserWorkItem(_ => Report(ticket, ToResult(error, -1, PersistenceStatus.NotPersisted, default)), null);
                return true;
            case ErrorCode.Local_Fatal:
                ThreadPool.UnsafeQueueUserWorkItem(_ => Fail(error.Reason), null);
                return false;
            default:
                Pause(Words(error));
                return false;
        }
    }

    private void OnReport(DeliveryReport<Null, byte[]> report, long ticket, int length)
    {
        LeaveWindow(length);
        if (report.Error.Code == ErrorCode.NoError)
        {
            _trouble.OnAnswer();
            _trouble.Appending = null;
        }
        else if (AdminErrors.IsDenied(report.Error.Code) || AdminErrors.IsUnknownTopic(report.Error.Code))
        {
            Pause(Words(report.Error));
        }

        Report(ticket, ToResult(report.Error, report.Offset.Value, report.Status, report.Timestamp));
    }

    private void Report(long ticket, in AppendResult result)
    {
        lock (_reporting)
        {
            if (!_failed)
            {
                _listener.OnAppended(ticket, result);
            }
        }
    }

    // Local_Application: a report made the listener throw. What it did not note is as good as lost.
    private void OnError(Error error)
    {
        if (error.IsFatal || error.Code is ErrorCode.Local_Fatal or ErrorCode.Local_Application)
        {
            Fail(AdminErrors.IsDenied(error.Code) ? Words(error) : error.Reason);
        }
    }

    private void Fail(string reason)
    {
        lock (_reporting)
        {
            if (!_failed)
            {
                _failed = true;
                _trouble.Appending = $"the producer for topic '{_partition.Topic}' has failed: {reason}";
                _listener.OnFailed(reason);
            }
        }
    }

    // The same bytes would be answered the same at once, thousands of times a second.
    private void Pause(string words)
    {
        Interlocked.Exchange(ref _pausedUntilMs, Environment.TickCount64 + PauseMs);
        _trouble.Appending = words;
    }

    private string Words(Error error) => AdminErrors.IsDenied(error.Code)
        ? $"the brokers do not allow Write on topic '{_partition.Topic}': {error.Reason}"
        : $"nothing is appended to topic '{_partition.Topic}': {error.Reason}";

    private void LeaveWindow(int length)
    {
        Interlocked.Decrement(ref _windowRecords);
        Interlocked.Add(ref _windowBytes, -length);
    }

    private AppendResult ToResult(Error error, long offset, PersistenceStatus status, Timestamp timestamp)
    {
        switch (error.Code)
        {
            case ErrorCode.NoError when offset >= 0:
                return AppendResult.Placed(offset, timestamp.UnixTimestampMs);
            case ErrorCode.NoError:
            case ErrorCode.DuplicateSequenceNumber:
                return AppendResult.PlacedSomewhere();
            case ErrorCode.MsgSizeTooLarge:
                return AppendResult.Refused($"{error.Reason} (the topic takes {_maxRecordBytes} bytes)");
            case ErrorCode.InvalidRecord or ErrorCode.InvalidTimestamp or ErrorCode.PolicyViolation:
                return AppendResult.Refused(error.Reason);
            default:
                return AppendResult.Unknown($"{error.Reason} ({status})");
        }
    }

    private static byte[] AsArray(ReadOnlyMemory<byte> record) =>
        MemoryMarshal.TryGetArray(record, out ArraySegment<byte> segment) && segment.Offset == 0 && segment.Count == segment.Array!.Length
            ? segment.Array
            : record.ToArray();
}
