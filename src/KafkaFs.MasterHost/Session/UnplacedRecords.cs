using KafkaFs.Replica.Apply;

namespace KafkaFs.MasterHost.Session;

/// <summary>
/// Records that the log has and has not said where: it is read until they appear. Not thread-safe: used under the session's lock.
/// </summary>
/// <param name="overdueAfter">One that has not appeared for so long may not be there.</param>
internal sealed class UnplacedRecords(Applier applier, TimeSpan overdueAfter, TimeProvider clock)
{
    private readonly HashSet<PendingCall> _calls = [];
    private bool _hasControl;
    private long _since;

    private bool HasAny => _hasControl || _calls.Count > 0;

    /// <summary>The log has a record, and no offset is known; <paramref name="call"/> is null for a control record.</summary>
    public void Add(PendingCall? call)
    {
        if (call is null)
        {
            _hasControl = true;
        }
        else
        {
            _calls.Add(call);
        }

        _since = clock.GetTimestamp();
        applier.OwnPlaceUnknown = true;
    }

    /// <summary>A call is evaluated.</summary>
    public void OnEvaluated(PendingCall call)
    {
        _calls.Remove(call);
        applier.OwnPlaceUnknown &= HasAny;
    }

    /// <summary>The control record is evaluated.</summary>
    public void OnControlEvaluated()
    {
        _hasControl = false;
        applier.OwnPlaceUnknown &= HasAny;
    }

    /// <summary>A Fence is applied: what has not appeared before it does not count any more.</summary>
    public void Clear()
    {
        _calls.Clear();
        _hasControl = false;
        applier.OwnPlaceUnknown = false;
    }

    /// <summary>One has not appeared in time; then they have as long again.</summary>
    public bool AreOverdue()
    {
        if (!HasAny || clock.GetElapsedTime(_since) < overdueAfter)
        {
            return false;
        }

        _since = clock.GetTimestamp();
        return true;
    }
}
