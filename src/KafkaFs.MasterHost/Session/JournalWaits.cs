using KafkaFs.Posix;

namespace KafkaFs.MasterHost.Session;

/// <summary>
/// All that waits for the journal on behalf of callers. While the journal is healthy an interrupt is only remembered: signals that mean nothing (Go's
/// SIGURG, timers) must not break calls. Once it is stalled every wait that was interrupted ends, at once. Safe for use from several threads; its lock
/// is the innermost.
/// </summary>
/// <param name="timeout">What waits longer while the journal is stalled is overdue; null: nothing ever is.</param>
internal sealed class JournalWaits(TimeSpan? timeout, TimeProvider clock)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<IJournalWait, long> _waits = [];
    private bool _isStalled;

    /// <summary>The journal has been silent for so long that what waits for it may end with an unknown outcome.</summary>
    public bool IsStalled
    {
        get { lock (_gate) { return _isStalled; } }
    }

    /// <summary>What waits now.</summary>
    public int Count
    {
        get { lock (_gate) { return _waits.Count; } }
    }

    public void Add(IJournalWait wait)
    {
        lock (_gate)
        {
            _waits.Add(wait, clock.GetTimestamp());
        }
    }

    public void Remove(IJournalWait wait)
    {
        lock (_gate)
        {
            _waits.Remove(wait);
        }
    }

    /// <summary>The right to answer, once: true for the first who asks with <paramref name="isOver"/> of the wait, which is out of the table then.</summary>
    public bool TryTake(IJournalWait wait, ref int isOver)
    {
        bool isTaken = Interlocked.Exchange(ref isOver, 1) == 0;
        if (isTaken)
        {
            Remove(wait);
        }

        return isTaken;
    }

    /// <summary><see cref="IJournalWait.IsInterrupted"/> may have become true; that is asked only in a stall, since it may take a while.</summary>
    public void EndIfInterrupted(IJournalWait wait)
    {
        if (IsStalled && wait.IsInterrupted)
        {
            wait.TryEnd(Errno.EINTR);
        }
    }

    /// <summary>
    /// To be called when the state may have changed, and from time to time: ends what was interrupted with EINTR, and returns what is overdue, for
    /// the caller to end.
    /// </summary>
    public List<IJournalWait> Look(bool isStalled)
    {
        KeyValuePair<IJournalWait, long>[] waits;
        lock (_gate)
        {
            _isStalled = isStalled;
            waits = isStalled ? [.. _waits] : [];
        }

        // Whether it is interrupted may be asked of the kernel, and takes a while.
        List<IJournalWait> overdue = [];
        foreach ((IJournalWait wait, long since) in waits)
        {
            if (wait.IsInterrupted)
            {
                wait.TryEnd(Errno.EINTR);
            }
            else if (timeout is TimeSpan limit && clock.GetElapsedTime(since) >= limit)
            {
                overdue.Add(wait);
            }
        }

        return overdue;
    }

    /// <summary>Nothing will come any more.</summary>
    public void EndAll(Errno errno)
    {
        IJournalWait[] all;
        lock (_gate)
        {
            all = [.. _waits.Keys];
        }

        Array.ForEach(all, wait => wait.TryEnd(errno));
    }
}
