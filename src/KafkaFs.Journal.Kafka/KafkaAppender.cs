using System.Runtime.InteropServices;
using Confluent.Kafka;
using KafkaFs.Journal.Contract;

namespace KafkaFs.Journal.Kafka;

/// <summary>An idempotent producer for one partition, with a window of its own: what does not fit stays with the caller.</summary>
internal sealed class KafkaAppender : IJournalAppender
{
    private static readonly TimeSpan s_disposeLimit = TimeSpan.FromSeconds(5);

    private readonly IProducer<Null, byte[]> _producer;
    private readonly TopicPartition _partition;
    private readonly IAppendListener _listener;
    private readonly KafkaTrouble _trouble;
    private readonly int _maxRecordBytes;
    private int _windowRecords;
    private long _windowBytes;

    public KafkaAppender(KafkaJournalOptions options, int partition, int maxRecordBytes, IAppendListener listener, KafkaTrouble trouble)
    {
        (_partition, _listener, _trouble, _maxRecordBytes) = (new TopicPartition(options.Topic, partition), listener, trouble, maxRecordBytes);
        _producer = new ProducerBuilder<Null, byte[]>(KafkaClientSettings.Producer(options, maxRecordBytes))
            .SetErrorHandler((_, error) => trouble.OnError(error))
            .SetLogHandler((_, message) => trouble.OnLog(message))
            .Build();
    }

    /// <inheritdoc/>
    public bool TryAppend(ReadOnlyMemory<byte> record, long ticket)
    {
        if (_windowRecords >= KafkaClientSettings.WindowRecords || Interlocked.Read(ref _windowBytes) >= KafkaClientSettings.WindowBytes)
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
            if (exception.Error.Code == ErrorCode.Local_QueueFull)
            {
                return false;
            }

            // Refused before it was handed over: the report comes from here, on a thread of its own as the contract says.
            AppendResult result = ToResult(exception.Error, 0, PersistenceStatus.NotPersisted, default);
            ThreadPool.UnsafeQueueUserWorkItem(_ => _listener.OnAppended(ticket, result), null);
            return true;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Dispose waits for reports that may never come while the broker is away, so it has a thread and a limit.
        Thread disposal = new(_producer.Dispose) { IsBackground = true, Name = "kafka-producer-dispose" };
        disposal.Start();
        disposal.Join(s_disposeLimit);
    }

    private void OnReport(DeliveryReport<Null, byte[]> report, long ticket, int length)
    {
        LeaveWindow(length);
        if (report.Error.Code == ErrorCode.NoError)
        {
            _trouble.Clear();
        }

        _listener.OnAppended(ticket, ToResult(report.Error, report.Offset.Value, report.Status, report.Timestamp));
    }

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
