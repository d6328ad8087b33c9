namespace KafkaFs.Journal.Contract;

/// <summary>
/// An open journal: the ordered log of records. One contract, passed by every provider (the conformance suite).
/// Safe for use from several threads. Disposing it ends its appenders and readers; what was handed over and not reported
/// has then an unknown outcome.
/// </summary>
public interface IJournal : IDisposable
{
    /// <summary>What tells this log from every other, as it was when the journal was opened.</summary>
    JournalIdentity Identity { get; }

    /// <summary>Number of partitions; 1 until several are built.</summary>
    int PartitionCount { get; }

    /// <summary>Longest record that the log takes, bytes, at the time of opening.</summary>
    int MaxRecordBytes { get; }

    /// <summary>
    /// Asks the log itself for its first and next offset. May take seconds; throws <see cref="JournalUnavailableException"/> when
    /// there is no answer (a topic that nobody knows may come back with its broker), <see cref="JournalRefusedException"/> when
    /// the file is gone, or the log is another than <see cref="Identity"/> says, <see cref="ObjectDisposedException"/> after Dispose.
    /// </summary>
    JournalBounds QueryBounds(int partition, CancellationToken cancellationToken);

    /// <summary>
    /// The only way to append to <paramref name="partition"/> through this journal; <paramref name="listener"/> hears of every
    /// record that was handed over. One appender a partition.
    /// </summary>
    IJournalAppender OpenAppender(int partition, IAppendListener listener);

    /// <summary>
    /// Reads <paramref name="partition"/> from offset <paramref name="from"/> on, without end. Any number of readers; each is for
    /// one thread. Offsets below the first throw <see cref="JournalRefusedException"/> at the first read.
    /// </summary>
    IJournalReader OpenReader(int partition, long from);

    /// <summary>
    /// This replica has applied everything before <paramref name="next"/>: a provider may tell people's tools, and never reads it back.
    /// Returns at once.
    /// </summary>
    void NoteApplied(long next)
    {
    }

    /// <summary>What keeps the provider from working now, in words for a person (broker, cause), or null. Changes at any time.</summary>
    string? Trouble { get; }
}
