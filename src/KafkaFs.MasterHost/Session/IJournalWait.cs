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

    /// <summary>What is given up with it when it has waited for too long: the caller is told that it failed.</summary>
    IReadOnlyList<PendingCall> Forsakes { get; }

    /// <summary>
    /// Answers the caller with <paramref name="errno"/>, "outcome unknown", and takes the wait out of the table; what was waited for goes on without
    /// it. False if it is over already.
    /// </summary>
    bool TryEnd(Errno errno);
}
