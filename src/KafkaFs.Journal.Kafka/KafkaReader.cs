using Confluent.Kafka;
using KafkaFs.Journal.Contract;

namespace KafkaFs.Journal.Kafka;

/// <summary>
/// A consumer that is assigned by hand at a given offset and hands records on in batches. The deserializer copies from
/// librdkafka's memory into one buffer, so that no array is made per record.
/// </summary>
internal sealed class KafkaReader : IJournalReader, IDeserializer<int>
{
    private static readonly TimeSpan s_wakeInterval = TimeSpan.FromMilliseconds(50);

    private readonly KafkaJournalOptions _options;
    private readonly KafkaJournal _journal;
    private readonly KafkaTrouble _trouble;
    private readonly int _partition;
    private readonly IConsumer<Ignore, int> _consumer;
    private byte[] _value = new byte[64 * 1024];
    private volatile bool _woken;

    public KafkaReader(KafkaJournalOptions options, KafkaJournal journal, int partition, long from, KafkaTrouble trouble)
    {
        (_options, _journal, _partition, NextOffset, _trouble) = (options, journal, partition, from, trouble);
        _consumer = new ConsumerBuilder<Ignore, int>(KafkaClientSettings.Consumer(options, journal.MaxRecordBytes))
            .SetValueDeserializer(this)
            .SetErrorHandler((_, error) => trouble.OnError(error))
            .SetLogHandler((_, message) => trouble.OnLog(message))
            .Build();
        _consumer.Assign(new TopicPartitionOffset(options.Topic, partition, from));
    }

    /// <inheritdoc/>
    public long NextOffset { get; private set; }

    /// <inheritdoc/>
    public bool Read(JournalBatch batch, TimeSpan timeout)
    {
        batch.Clear();
        long deadline = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        _woken = false;
        while (batch.Count == 0 && !_woken)
        {
            TimeSpan left = TimeSpan.FromMilliseconds(Math.Max(0, deadline - Environment.TickCount64));
            TakeOne(batch, left < s_wakeInterval ? left : s_wakeInterval);
            if (left == TimeSpan.Zero)
            {
                break;
            }
        }

        while (batch.Count > 0 && !batch.IsFull && TakeOne(batch, TimeSpan.Zero))
        {
            // What is at hand is taken without waiting.
        }

        return batch.Count > 0;
    }

    /// <inheritdoc/>
    public void Wake() => _woken = true;

    /// <inheritdoc/>
    public void Dispose()
    {
        _woken = true;
        _consumer.Dispose();
    }

    /// <inheritdoc/>
    int IDeserializer<int>.Deserialize(ReadOnlySpan<byte> data, bool isNull, SerializationContext context)
    {
        if (data.Length > _value.Length)
        {
            _value = new byte[Math.Max(data.Length, 2 * _value.Length)];
        }

        data.CopyTo(_value);
        return data.Length;
    }

    private bool TakeOne(JournalBatch batch, TimeSpan timeout)
    {
        ConsumeResult<Ignore, int>? result;
        try
        {
            result = _consumer.Consume(timeout);
        }
        catch (ConsumeException exception)
        {
            OnConsumeError(exception);
            return false;
        }

        if (result is null || result.IsPartitionEOF)
        {
            return false;
        }

        long offset = result.Offset.Value;
        if (offset != NextOffset)
        {
            throw OnJump(offset);
        }

        _trouble.Clear();
        batch.Add(offset, result.Message.Timestamp.UnixTimestampMs, _value.AsSpan(0, result.Message.Value));
        NextOffset = offset + 1;
        return true;
    }

    private JournalRefusedException OnJump(long offset) =>
        offset < NextOffset
            ? new JournalRefusedException(JournalRefusal.Replaced, $"topic '{_options.Topic}' gives record {offset} where {NextOffset} is next: it was restored or created again")
            : new JournalRefusedException(JournalRefusal.Gap, $"offsets {NextOffset}..{offset - 1} are missing in topic '{_options.Topic}': compaction or a transactional writer");

    private void OnConsumeError(ConsumeException exception)
    {
        switch (exception.Error.Code)
        {
            case ErrorCode.OffsetOutOfRange or ErrorCode.Local_AutoOffsetReset:
                throw OutOfRange();
            case ErrorCode.UnknownTopicOrPart or ErrorCode.Local_UnknownTopic or ErrorCode.UnknownTopicId or ErrorCode.Local_UnknownPartition:
                throw new JournalRefusedException(JournalRefusal.Missing, $"topic '{_options.Topic}' does not exist any more");
            case ErrorCode.TopicAuthorizationFailed or ErrorCode.GroupAuthorizationFailed:
                throw new JournalRefusedException(JournalRefusal.Forbidden, $"the brokers do not allow Read on topic '{_options.Topic}': {exception.Error.Reason}");
            default:
                _trouble.OnError(exception.Error);
                break;
        }
    }

    private JournalRefusedException OutOfRange()
    {
        JournalBounds bounds = _journal.QueryBounds(_partition, CancellationToken.None);
        return NextOffset < bounds.First
            ? new JournalRefusedException(JournalRefusal.Deleted, $"records {NextOffset}..{bounds.First - 1} of topic '{_options.Topic}' are deleted")
            : new JournalRefusedException(JournalRefusal.Truncated, $"topic '{_options.Topic}' ends at {bounds.Next}, this replica is at {NextOffset}: truncated or restored");
    }
}
