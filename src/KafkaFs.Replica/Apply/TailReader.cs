using KafkaFs.Journal.Contract;

namespace KafkaFs.Replica.Apply;

/// <summary>
/// Reads from the journal what nothing else brings, and applies it. For the thread that follows; <see cref="Renew"/> may come from others.
/// </summary>
internal sealed class TailReader
{
    private static readonly TimeSpan s_readWait = TimeSpan.FromMilliseconds(500);

    // Our own records come as well then, and are passed over.
    private static readonly TimeSpan s_readWaitWhileWriting = TimeSpan.FromMilliseconds(100);

    private readonly Applier _applier;
    private readonly IJournalReader _reader;
    private readonly bool _alwaysFetches;
    private readonly JournalBatch _batch = new();
    private bool _isReleased;
    private volatile bool _isToBeRenewed;

    /// <param name="reader">Stays the caller's; stands at the next record to apply.</param>
    /// <param name="alwaysFetches">The tail is never let go.</param>
    public TailReader(Applier applier, IJournalReader reader, bool alwaysFetches)
    {
        (_applier, _reader, _alwaysFetches) = (applier, reader, alwaysFetches);
        reader.HeldUpTo = () => applier.NextOffset;
    }

    /// <summary>Applies what comes until <paramref name="stop"/>; throws what makes the replica unable to go on.</summary>
    public void Run(CancellationToken stop)
    {
        try
        {
            while (!stop.IsCancellationRequested)
            {
                _applier.Following.Beat();
                if (!Step(stop) && _isReleased)
                {
                    _applier.OwnAppends.WaitReleased(stop.WaitHandle);
                }
            }
        }
        finally
        {
            _applier.OwnAppends.EndRelease();
            _applier.Following.Rest();
        }
    }

    /// <summary>The journal has records which do not come: what reads them is made anew.</summary>
    public void Renew()
    {
        _isToBeRenewed = true;
        _reader.Wake();
    }

    /// <summary>One look at the rule, and one batch if the tail is held and something comes; false if nothing did.</summary>
    internal bool Step(CancellationToken stop)
    {
        HoldOrRelease(out TimeSpan wait);
        if (_reader.Read(_batch, wait))
        {
            _applier.Apply(_batch, stop);
            return true;
        }

        _applier.ThrowIfFailed();
        return false;
    }

    private void HoldOrRelease(out TimeSpan wait)
    {
        if (_isToBeRenewed)
        {
            _isToBeRenewed = false;
            _reader.Renew();
        }

        bool reads = _applier.OwnAppends.Reads(_applier.HasGap, out bool isWriting) || _alwaysFetches;
        if (!reads && !_isReleased)
        {
            // A sign that came before this is seen by asking once more.
            _applier.OwnAppends.BeginRelease();
            _reader.Release();
            _isReleased = true;
            reads = _applier.OwnAppends.Reads(_applier.HasGap, out isWriting);
        }

        if (reads && _isReleased)
        {
            _applier.OwnAppends.EndRelease();
            _isReleased = false;
            _reader.GoOnAt(_applier.NextOffset);
        }

        wait = isWriting ? s_readWaitWhileWriting : s_readWait;
    }
}
