using KafkaFs.Journal.Contract;

namespace KafkaFs.Replica.Apply;

/// <summary>An appender whose records are counted in <see cref="OwnAppends"/> from handover to report.</summary>
internal sealed class CountedAppender : IJournalAppender, IAppendListener
{
    private readonly OwnAppends _own;
    private readonly IAppendListener _listener;
    private readonly IJournalAppender _appender;
    private readonly Lock _gate = new();
    private int _outstanding;
    private bool _disposed;

    public CountedAppender(OwnAppends own, IJournal journal, int partition, IAppendListener listener)
    {
        (_own, _listener) = (own, listener);
        _appender = journal.OpenAppender(partition, this);
    }

    /// <inheritdoc/>
    public bool TryAppend(ReadOnlyMemory<byte> record, long ticket)
    {
        // Before the handover: the report may be quicker than its return.
        Count();
        bool isTaken = _appender.TryAppend(record, ticket);
        if (!isTaken)
        {
            Settle();
        }

        return isTaken;
    }

    /// <inheritdoc/>
    public void OnAppended(long ticket, in AppendResult result)
    {
        Settle();
        if (result.Status == AppendStatus.PlacedSomewhere)
        {
            _own.OnPlacedSomewhere();
        }

        _listener.OnAppended(ticket, result);
    }

    /// <inheritdoc/>
    public void OnFailed(AppenderFailure failure, string reason) => _listener.OnFailed(failure, reason);

    /// <inheritdoc/>
    public void Dispose()
    {
        _appender.Dispose();
        lock (_gate)
        {
            _disposed = true;
            _own.OnReported(_outstanding);
            _outstanding = 0;
        }
    }

    private void Count()
    {
        lock (_gate)
        {
            _outstanding++;
            _own.OnHandedOver();
        }
    }

    // A client that needs long to end may still report after Dispose.
    private void Settle()
    {
        lock (_gate)
        {
            if (!_disposed)
            {
                _outstanding--;
                _own.OnReported(1);
            }
        }
    }
}
