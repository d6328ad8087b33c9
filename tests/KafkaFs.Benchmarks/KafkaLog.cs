using Confluent.Kafka;
using KafkaFs.Journal.Contract;
using KafkaFs.Journal.Kafka;
using Microsoft.Extensions.Logging.Abstractions;

namespace KafkaFs.Benchmarks;

/// <summary>A topic that is created as a journal, filled as fast as the window lets, and deleted in the end.</summary>
internal sealed class KafkaLog : IAppendListener, IDisposable
{
    private readonly IJournal _journal;
    private readonly IJournalAppender _appender;
    private readonly SemaphoreSlim _room = new(0);
    private long _reported;
    private volatile string? _failure;

    private KafkaLog(string broker, string topic, IJournal journal)
    {
        (Broker, Topic, _journal) = (broker, topic, journal);
        _appender = journal.OpenAppender(0, this);
    }

    public string Broker { get; }

    public string Topic { get; }

    /// <summary>Records handed over.</summary>
    public long End { get; private set; }

    public static async Task<KafkaLog> CreateAsync(string broker)
    {
        string topic = $"kafkafs-bench-{Guid.NewGuid():N}";
        KafkaJournalOptions options = new() { BootstrapServers = broker, Topic = topic };
        return new KafkaLog(broker, topic, await new KafkaJournalProvider(options, NullLogger.Instance).OpenAsync(createIfMissing: true, default));
    }

    public void Append(byte[] record)
    {
        while (!_appender.TryAppend(record, 0))
        {
            _room.Wait(TimeSpan.FromMilliseconds(100));
            ThrowIfFailed();
        }

        End++;
    }

    /// <summary>Waits until everything is in the log.</summary>
    public void Flush()
    {
        while (Interlocked.Read(ref _reported) < End)
        {
            _room.Wait(TimeSpan.FromMilliseconds(100));
            ThrowIfFailed();
        }
    }

    /// <inheritdoc/>
    public void OnAppended(long ticket, in AppendResult result)
    {
        _failure ??= result.Status == AppendStatus.Placed ? null : $"{result.Status}: {result.Reason}";
        Interlocked.Increment(ref _reported);
        if (_room.CurrentCount == 0)
        {
            _room.Release();
        }
    }

    /// <inheritdoc/>
    public void OnFailed(AppenderFailure failure, string reason) => _failure = reason;

    public void Dispose()
    {
        _appender.Dispose();
        _journal.Dispose();
        DeleteTopic(Broker, Topic);
        _room.Dispose();
    }

    public static void DeleteTopic(string broker, string topic)
    {
        using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = broker }).Build();
        admin.DeleteTopicsAsync([topic]).GetAwaiter().GetResult();
    }

    private void ThrowIfFailed()
    {
        if (_failure is string failure)
        {
            throw new InvalidOperationException($"The log does not take the records: {failure}");
        }
    }
}
