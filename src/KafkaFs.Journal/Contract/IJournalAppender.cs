namespace KafkaFs.Journal.Contract;

/// <summary>
/// Appends records to one partition in the order in which they are handed over. An acknowledgement only places a record in the
/// log; what it does is decided by evaluation when the record is applied.
/// </summary>
public interface IJournalAppender : IDisposable
{
    /// <summary>
    /// Hands a record over and returns at once. False: the record was not handed over, since the provider's queue is full (try
    /// again after the next report), or it takes nothing now (<see cref="IJournal.Trouble"/> says why: try again after a while),
    /// or the appender has failed (<see cref="IAppendListener.OnFailed"/>). Calls must not overlap. The bytes belong to the
    /// appender until the report for <paramref name="ticket"/> and must not change before it; <paramref name="ticket"/> is the
    /// caller's own and comes back in that report.
    /// </summary>
    bool TryAppend(ReadOnlyMemory<byte> record, long ticket);
}
