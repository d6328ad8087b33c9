namespace KafkaFs.MasterHost.Session;

/// <summary>
/// How long nothing was applied while calls wait: the journal is silent, cannot be read, or this machine's disk is full. Not thread-safe: used under
/// the session's lock.
/// </summary>
/// <param name="stallAfter">A standstill that is no stall yet.</param>
internal sealed class ApplyStandstill(TimeSpan stallAfter, TimeProvider clock)
{
    private long _position = -1;
    private long? _since;

    /// <summary>Calls have waited for so long that they may end early.</summary>
    public bool IsLong => _since is long since && clock.GetElapsedTime(since) >= stallAfter;

    /// <summary>To be called from time to time.</summary>
    /// <param name="isWaiting">Calls wait for their records.</param>
    /// <param name="position">The next record to apply.</param>
    public void Look(bool isWaiting, long position)
    {
        _since = !isWaiting ? null : position == _position ? _since ?? clock.GetTimestamp() : clock.GetTimestamp();
        _position = position;
    }
}
