using KafkaFs.Posix;

namespace KafkaFs.MasterHost.Session;

/// <summary>
/// Somebody's call that waits for the journal, and can end early while the journal is stalled. It is in <see cref="JournalWaits"/> from before it
/// waits until it is over. Members are called from any thread, without a lock.
/// </summary>
internal interface IJournalWait
{
    /// <summary>Somebody wants it to end early. It stays true once it is.</summary>
    bool IsInterrupted { get; set; }

    /// <summary>
    /// Answers the caller with <paramref name="errno"/>, "outcome unknown", and takes the wait out of the table; what was waited for goes on without
    /// it. False if it is over already.
    /// </summary>
    bool TryEnd(Errno errno);

    /// <summary>
    /// It has waited for too long: ends it with EIO, as <see cref="TryEnd"/>. <paramref name="forsaken"/> is what its caller is told of as failed, and is to be
    /// given up with it.
    /// </summary>
    bool TryFail(out IReadOnlyList<PendingCall> forsaken);
}
