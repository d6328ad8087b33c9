using System.Collections.Concurrent;
using KafkaFs.Journal.Contract;

namespace KafkaFs.TestKit.Journal;

/// <summary>Keeps the reports of an appender.</summary>
public sealed class RecordingListener : IAppendListener
{
    private readonly ConcurrentQueue<(long Ticket, AppendResult Result)> _reports = new();

    private readonly ConcurrentQueue<string> _failures = new();

    public IReadOnlyList<(long Ticket, AppendResult Result)> Reports => [.. _reports];

    public void OnAppended(long ticket, in AppendResult result) => _reports.Enqueue((ticket, result));

    /// <summary>Why the appender failed, each time that it said so.</summary>
    public IReadOnlyList<string> Failures => [.. _failures];

    public void OnFailed(AppenderFailure failure, string reason)
    {
        Failure = failure;
        _failures.Enqueue(reason);
    }

    /// <summary>The kind of the last failure.</summary>
    public AppenderFailure? Failure { get; private set; }

    /// <summary>Waits until there are so many reports.</summary>
    public async Task<IReadOnlyList<(long Ticket, AppendResult Result)>> WaitAsync(int count)
    {
        for (int attempt = 0; attempt < 3_000 && _reports.Count < count; attempt++)
        {
            await Task.Delay(10);
        }

        return Reports;
    }
}
