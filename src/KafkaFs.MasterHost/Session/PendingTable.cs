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
    private long _lastNumber;
    private long _hurriedTo;

    /// <summary>Calls handed over and not yet accepted by evaluation.</summary>
    public int HandedOver => _handedOver.Count;

    /// <summary>Calls that wait for room.</summary>
    public int Queued => _queued.Count;

    /// <summary>The session's incarnation that records are handed over in.</summary>
    public uint Incarnation { get; private set; }

    /// <summary>Lowest sequence that evaluation has not accepted.</summary>
    public ulong FirstSequence => _firstSequence;

    /// <summary>Sequence of the next call to be handed over: those before it are in the journal's hands or accepted.</summary>
    public ulong NextSequence => _firstSequence + (ulong)_handedOver.Count;

    /// <summary>The log has refused one of those handed over for its length.</summary>
    public bool HasTooLong => _handedOver.Values.Any(static call => call.Refusal is { IsTooLong: true });

    public PendingCall? NextQueued => _queued.First?.Value;

    /// <summary>The next queued call may wait for more to be merged with it: nobody waits for it or for what is queued behind it.</summary>
    public bool MayNextWait => _queued.First?.Value.QueueNumber > _hurriedTo;

    /// <summary>Nothing is queued behind the call, which is queued.</summary>
    public bool IsLast(PendingCall call) => _queued.Last?.Value == call;

    public void Enqueue(PendingCall call)
    {
        (call.QueueNumber, call.IsFresh) = (++_lastNumber, true);
        Hurry(call.Hurries);
        _queued.AddLast(call);
    }

    /// <summary>Somebody waits for a call that is queued, or it cannot grow any more; for all of them by default.</summary>
    public void Hurry(long number = long.MaxValue) => _hurriedTo = Math.Max(_hurriedTo, Math.Min(number, _lastNumber));

    /// <summary>The first queued call, which has <see cref="NextSequence"/>, has been handed over.</summary>
    public void MoveToHandedOver(PendingCall call)
    {
        _queued.RemoveFirst();
        call.IsFresh = false;
        _handedOver.Add(call.Sequence, call);
    }

    /// <summary>The first queued call goes as several.</summary>
    public void ReplaceFirst(List<PendingCall> parts)
    {
        _queued.First!.Value.IsFresh = false;
        _queued.RemoveFirst();
        for (int index = parts.Count - 1; index >= 0; index--)
        {
            _queued.AddFirst(parts[index]);
        }
    }

    /// <summary>Takes a call that was not handed over yet out of the queue; false if it is too late.</summary>
    public bool TryWithdraw(PendingCall call)
    {
        call.IsFresh = false;
        return _queued.Remove(call);
    }

    /// <summary>A call that was handed over and not accepted; null if there is none of that sequence.</summary>
    public PendingCall? Find(ulong sequence) => _handedOver.GetValueOrDefault(sequence);

    /// <summary>The call, or a part of it, is not accepted yet.</summary>
    public bool Holds(PendingCall whole) => _handedOver.Values.Concat(_queued).Any(call => call.Whole == whole);

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

    /// <summary>
    /// A Fence is applied: what was handed over and not accepted never will be, and waits again in its order, before the rest, to be
    /// handed over in the next incarnation from sequence 0 on. Those that <paramref name="giveUp"/> picks are removed and returned, with the
    /// later parts of their wholes: whoever is told of a short write writes these bytes again.
    /// </summary>
    public List<PendingCall> BeginIncarnation(Func<PendingCall, bool> giveUp)
    {
        List<PendingCall> givenUp = [];
        HashSet<PendingCall> cutShort = [];
        foreach (PendingCall call in TakeAll())
        {
            if (cutShort.Contains(call.Whole) || giveUp(call))
            {
                cutShort.Add(call.Whole);
                givenUp.Add(call);
            }
            else
            {
                _queued.AddLast(call);
            }
        }

        (Incarnation, _firstSequence) = (Incarnation + 1, 0);
        return givenUp;
    }

    /// <summary>Removes and returns everything, in order.</summary>
    public List<PendingCall> TakeAll()
    {
        List<PendingCall> all = [.. _handedOver.Values.OrderBy(call => call.Sequence), .. _queued];
        all.ForEach(static call => call.IsFresh = false);
        _handedOver.Clear();
        _queued.Clear();
        return all;
    }
}
