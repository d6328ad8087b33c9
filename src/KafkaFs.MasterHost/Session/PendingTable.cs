namespace KafkaFs.MasterHost.Session;

/// <summary>
/// The calls of one session in the order of their sequence: those handed over to the journal, then those that wait for room in
/// its window. Not thread-safe: used under the session's lock.
/// </summary>
internal sealed class PendingTable
{
    private readonly Dictionary<ulong, PendingCall> _handedOver = [];
    private readonly LinkedList<PendingCall> _queued = new();
    private ulong _firstSequence;

    /// <summary>Calls handed over and not yet accepted by evaluation.</summary>
    public int HandedOver => _handedOver.Count;

    /// <summary>Calls that wait for room.</summary>
    public int Queued => _queued.Count;

    /// <summary>Lowest sequence that evaluation has not accepted.</summary>
    public ulong FirstSequence => _firstSequence;

    /// <summary>Sequence of the next call to be handed over: those before it are in the journal's hands or accepted.</summary>
    public ulong NextSequence => _firstSequence + (ulong)_handedOver.Count;

    public PendingCall? NextQueued => _queued.First?.Value;

    public void Enqueue(PendingCall call) => _queued.AddLast(call);

    /// <summary>The first queued call, which has <see cref="NextSequence"/>, has been handed over.</summary>
    public void MoveToHandedOver(PendingCall call)
    {
        _queued.RemoveFirst();
        _handedOver.Add(call.Sequence, call);
    }

    /// <summary>Takes a call that was not handed over yet out of the queue; false if it is too late.</summary>
    public bool TryWithdraw(PendingCall call) => _queued.Remove(call);

    /// <summary>A call that was handed over and not accepted; null if there is none of that sequence.</summary>
    public PendingCall? Find(ulong sequence) => _handedOver.GetValueOrDefault(sequence);

    /// <summary>
    /// Removes and returns the call whose record evaluation accepted; null if there is none of that sequence, or another one was
    /// next: then the accepted record is not of this process.
    /// </summary>
    public PendingCall? Accept(ulong sequence)
    {
        if (sequence != _firstSequence || !_handedOver.Remove(sequence, out PendingCall? call))
        {
            return null;
        }

        _firstSequence++;
        return call;
    }

    /// <summary>Removes and returns everything, in order: the session has ended.</summary>
    public List<PendingCall> TakeAll()
    {
        List<PendingCall> all = [.. _handedOver.Values.OrderBy(call => call.Sequence), .. _queued];
        _handedOver.Clear();
        _queued.Clear();
        return all;
    }
}
