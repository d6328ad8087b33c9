namespace KafkaFs.Journal.Contract;

/// <summary>Reads one partition forwards. For one thread; <see cref="Wake"/> and Dispose may come from others.</summary>
public interface IJournalReader : IDisposable
{
    /// <summary>Offset of the next record that <see cref="Read"/> will give.</summary>
    long NextOffset { get; }

    /// <summary>
    /// Clears <paramref name="batch"/> and fills it with the records that follow, in offset order without gaps, as many as are at
    /// hand up to the batch's own limit (at least one record, however long). Waits up to <paramref name="timeout"/> for the first
    /// one; returns false, with an empty batch, if none came (also while the log does not answer: see
    /// <see cref="IJournal.Trouble"/>). Throws <see cref="JournalRefusedException"/> when the log is not what it was: shortened,
    /// re-created, records missing. Throws <see cref="ObjectDisposedException"/> after Dispose.
    /// </summary>
    bool Read(JournalBatch batch, TimeSpan timeout);

    /// <summary>Makes a <see cref="Read"/> that waits return soon (within 100 ms), with what it has.</summary>
    void Wake();
}
