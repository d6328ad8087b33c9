using KafkaFs.Journal.Contract;
using KafkaFs.Journal.Embedded;
using Microsoft.Extensions.Logging.Abstractions;

namespace KafkaFs.Benchmarks;

/// <summary>Appends to an embedded journal, many records at once, and waits until they are in it.</summary>
internal sealed class EmbeddedLog : IAppendListener, IDisposable
{
    private readonly IJournal _journal;
    private readonly IJournalAppender _appender;
    private readonly SemaphoreSlim _reported = new(0);
    private volatile string? _failure;

    private EmbeddedLog(IJournal journal)
    {
        _journal = journal;
        _appender = journal.OpenAppender(0, this);
    }

    /// <summary>Offset of the next record.</summary>
    public long End { get; private set; }

    public static async Task<EmbeddedLog> CreateAsync(string file) =>
        new(await new EmbeddedJournalProvider(file, NullLogger.Instance).OpenAsync(createIfMissing: true, default));

    public void Append(IReadOnlyList<byte[]> records)
    {
        int waiting = 0;
        foreach (byte[] record in records)
        {
            while (!_appender.TryAppend(record, 0))
            {
                Wait();
                waiting--;
            }

            waiting++;
        }

        for (; waiting > 0; waiting--)
        {
            Wait();
        }

        End += records.Count;
    }

    public void OnAppended(long ticket, in AppendResult result)
    {
        _failure ??= result.Status == AppendStatus.Placed ? null : result.Reason;
        _reported.Release();
    }

    public void OnFailed(AppenderFailure failure, string reason)
    {
        _failure = reason;
        _reported.Release();
    }

    public void Dispose()
    {
        _appender.Dispose();
        _journal.Dispose();
        _reported.Dispose();
    }

    private void Wait()
    {
        _reported.Wait();
        if (_failure is string failure)
        {
            throw new IOException(failure);
        }
    }
}
