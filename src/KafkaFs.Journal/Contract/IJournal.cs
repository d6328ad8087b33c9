using KafkaFs.Journal.Check;

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

    /// <summary>Longest record that the log takes, bytes: at the time of opening, and after each look or probe, which may find it lowered.</summary>
    int MaxRecordBytes { get; }

    /// <summary>
    /// Asks the log itself for <see cref="MaxRecordBytes"/>; appenders that are opened afterwards keep to it. Throws
    /// <see cref="JournalUnavailableException"/> when there is no answer. Settings that are not those of a journal any more are for
    /// <see cref="RecoveryTable"/>.
    /// </summary>
    Task<int> ReadMaxRecordBytesAsync(CancellationToken cancellationToken) => Task.FromResult(MaxRecordBytes);

    /// <summary>
    /// Asks the log itself for its first and next offset. May take seconds; throws <see cref="JournalUnavailableException"/> when
    /// there is no answer (a topic that nobody knows may come back with its broker), <see cref="JournalRefusedException"/> when
    /// the file is gone, or the log is another than <see cref="Identity"/> says, <see cref="ObjectDisposedException"/> after Dispose.
    /// </summary>
    JournalBounds QueryBounds(int partition, CancellationToken cancellationToken);

    /// <summary>
    /// The only way to append to <paramref name="partition"/> through this journal; <paramref name="listener"/> hears of every
    /// record that was handed over. One appender a partition: the one before it is disposed first. Throws
    /// <see cref="JournalUnavailableException"/> when this machine or the configuration has none to give now.
    /// </summary>
    IJournalAppender OpenAppender(int partition, IAppendListener listener);

    /// <summary>
    /// Reads <paramref name="partition"/> from offset <paramref name="from"/> on, without end. Any number of readers; each is for
    /// one thread. Offsets below the first throw <see cref="JournalRefusedException"/> at a read, once the log confirms it (seconds).
    /// </summary>
    IJournalReader OpenReader(int partition, long from);

    /// <summary>
    /// This replica has applied everything before <paramref name="next"/>: a provider may tell people's tools, and never reads it back.
    /// Returns at once.
    /// </summary>
    void NoteApplied(long next)
    {
    }

    /// <summary>
    /// A cheap look at the log, through a client that is kept: identity, bounds, settings; for every few seconds. Each of its
    /// questions waits up to <see cref="LogProbe.Limit"/>; throws <see cref="JournalUnavailableException"/> when there is no answer. A log that does not exist is an answer.
    /// </summary>
    LogFacts Look(CancellationToken stop) => LogProbe.Look(this, stop);

    /// <summary>
    /// The same, and the records 0 and before <paramref name="next"/>, of clients that know nothing of before: those in use do not notice
    /// a topic that was created again. One at a time; limit and exceptions as for <see cref="Look"/>. Where a right is missing for an answer the
    /// exception has a <see cref="JournalRefusedException"/> (Forbidden) inside.
    /// </summary>
    LogFacts Probe(long next, CancellationToken stop) => LogProbe.Probe(this, next, stop);

    /// <summary>The highest epoch of the partition's leader that was seen; -1 for none, or where there are no such epochs.</summary>
    int LeaderEpoch => -1;

    /// <summary>
    /// Hears, on any thread, in words, of what may hide a change of the log: the clients were cut off, another leader, a topic that a
    /// broker does not know. Its task completes once a look that began afterwards has found the log to be the one that it was, with the
    /// <see cref="LogFacts.LeaderEpoch"/> of that look (-1 for none). Set by who checks the log; must not block.
    /// </summary>
    Func<string, Task<int>>? Suspected
    {
        get => null;
        set { }
    }

    /// <summary>What keeps the provider from working now, in words for a person (broker, cause), or null. Changes at any time.</summary>
    string? Trouble { get; }

    /// <summary>
    /// What keeps readers from reading now although the log answers (a right, records that do not come), in words for a person, or null. It
    /// holds also while it is tried anew, until that has worked.
    /// </summary>
    string? ReadingTrouble => null;
}
