using System.Runtime.InteropServices;
using Confluent.Kafka;
using KafkaFs.Journal.Contract;

namespace KafkaFs.Journal.Kafka;

/// <summary>An idempotent producer for one partition, with a window of its own: what does not fit stays with the caller.</summary>
internal sealed class KafkaAppender : IJournalAppender
{
    private const int PauseMs = 1_000;

    // A retry is no news; a cause that lasts is.
    private const int SilenceMs = 3_000;
    private static readonly TimeSpan s_lookInterval = TimeSpan.FromSeconds(1);

    private readonly IProducer<Null, byte[]> _producer;
    private readonly TopicPartition _partition;
    private readonly IAppendListener _listener;
    private readonly KafkaTrouble _trouble;
    private readonly int _maxRecordBytes;
    private readonly Timer _look;

    // The listener hears one thing at a time: reports come from librdkafka's thread, what Produce refuses from the thread pool.
    private readonly Lock _reporting = new();
    private int _windowRecords;
    private long _windowBytes;
    private long _pausedUntilMs;
    private long _reportedAtMs = Environment.TickCount64;
    private volatile bool _failed;

    public KafkaAppender(KafkaJournalOptions options, int partition, int maxRecordBytes, IAppendListener listener, KafkaTrouble trouble)
    {
        (_partition, _listener, _trouble, _maxRecordBytes) = (new TopicPartition(options.Topic, partition), listener, trouble, maxRecordBytes);
        trouble.Appending = null;
        _producer = KafkaClients.Producer(options, maxRecordBytes, trouble, OnError);
        _look = new Timer(_ => Look(), null, s_lookInterval, s_lookInterval);
    }

    /// <inheritdoc/>
    public bool TryAppend(ReadOnlyMemory<byte> record, long ticket)
    {
        if (_failed || IsFull || Environment.TickCount64 < Interlocked.Read(ref _pausedUntilMs))
        {
            return false;
        }

        if (Interlocked.Increment(ref _windowRecords) == 1)
        {
            Volatile.Write(ref _reportedAtMs, Environment.TickCount64);
        }

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
    public void Dispose()
    {
        _look.Dispose();
        _trouble.IsWaiting = false;
        ClientDisposal.Run(_producer);
    }

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
            case ErrorCode code when code == ErrorCode.Local_Fatal || AdminErrors.IsUnknownTopic(code):
                ThreadPool.UnsafeQueueUserWorkItem(_ => Fail(error), null);
                return false;
            default:
                Pause($"nothing is appended to topic '{_partition.Topic}': {error.Reason}");
                return false;
        }
    }

    private void OnReport(DeliveryReport<Null, byte[]> report, long ticket, int length)
    {
        LeaveWindow(length);
        Volatile.Write(ref _reportedAtMs, Environment.TickCount64);
        _trouble.IsWaiting = false;
        if (report.Error.Code == ErrorCode.NoError)
        {
            _trouble.OnAnswer();
            _trouble.Appending = null;
        }

        Report(ticket, ToResult(report.Error, report.Offset.Value, report.Status, report.Timestamp));
        if (ProducerFailures.Of(report.Error.Code) is AppenderFailure.Forbidden or AppenderFailure.LogInDoubt)
        {
            // The same bytes would be answered the same at once, thousands of times a second; or the log has to be looked at first.
            Fail(report.Error);
        }
    }

    private void Look()
    {
        if (_windowRecords > 0 && Environment.TickCount64 - Volatile.Read(ref _reportedAtMs) >= SilenceMs)
        {
            _trouble.IsWaiting = true;
        }
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
            Fail(error);
        }
        else if (error.Code is ErrorCode.Local_Authentication or ErrorCode.SaslAuthenticationFailed && _windowRecords > 0)
        {
            // Without a record that waits it may be one broker's affair, or over before there is one.
            Fail(error);
        }
    }

    private void Fail(Error error)
    {
        lock (_reporting)
        {
            if (!_failed)
            {
                _failed = true;
                AppenderFailure failure = ProducerFailures.Of(error.Code);
                string words = Words(failure, error);
                _trouble.Appending = words;
                _listener.OnFailed(failure, words);
            }
        }
    }

    // What Produce does not take now it would not take at once either.
    private void Pause(string words)
    {
        Interlocked.Exchange(ref _pausedUntilMs, Environment.TickCount64 + PauseMs);
        _trouble.Appending = words;
    }

    private string Words(AppenderFailure failure, Error error) => failure switch
    {
        AppenderFailure.Forbidden when AdminErrors.IsDenied(error.Code) && error.Code != ErrorCode.SaslAuthenticationFailed =>
            $"the brokers do not allow Write on topic '{_partition.Topic}': {error.Reason}",
        AppenderFailure.Forbidden => _trouble.Denied ?? $"the brokers do not accept the credentials: {error.Reason}",
        AppenderFailure.LogInDoubt when AdminErrors.IsUnknownTopic(error.Code) => $"a broker does not know topic '{_partition.Topic}'",
        _ => $"the producer for topic '{_partition.Topic}' has failed: {error.Reason}",
    };

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
                return AppendResult.TooLong($"{error.Reason} (the topic took {_maxRecordBytes} bytes when it was last asked)");
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
