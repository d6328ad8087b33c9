namespace KafkaFs.Hosting.Replication;

/// <summary>What may hide a change of the log, until a check has settled it. For several threads.</summary>
internal sealed class Suspicions
{
    private readonly Lock _gate = new();
    private readonly List<TaskCompletionSource<int>> _open = [];
    private TaskCompletionSource<int> _next = NewSettlement();
    private string? _new;
    private string? _unsettled;

    /// <summary>Something was suspected that no check has begun with.</summary>
    public bool AreNew => Volatile.Read(ref _new) is not null;

    /// <summary>A check had no answer.</summary>
    public bool AreUnsettled => Volatile.Read(ref _unsettled) is not null;

    /// <summary>Completes once a check that began after this call has found the log to be ours, with what <see cref="Settle"/> is told.</summary>
    public Task<int> Add(string why)
    {
        lock (_gate)
        {
            _new = why;
            return _next.Task;
        }
    }

    /// <summary>A check begins: what it is about, in words, or null.</summary>
    public string? Take()
    {
        lock (_gate)
        {
            if (_new is not null)
            {
                _open.Add(_next);
                (_unsettled, _new, _next) = (_new, null, NewSettlement());
            }

            return _unsettled;
        }
    }

    /// <summary>The check had no answer to <paramref name="why"/>: the next one is about it again.</summary>
    public void Keep(string? why)
    {
        lock (_gate)
        {
            _unsettled ??= why;
        }
    }

    /// <summary>The log is ours, with all that leaders up to <paramref name="epoch"/> wrote into it.</summary>
    public void Settle(int epoch)
    {
        lock (_gate)
        {
            _unsettled = null;
            _open.ForEach(settlement => settlement.SetResult(epoch));
            _open.Clear();
        }
    }

    private static TaskCompletionSource<int> NewSettlement() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
