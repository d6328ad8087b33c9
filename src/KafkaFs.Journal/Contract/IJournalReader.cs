namespace KafkaFs.Journal.Contract;

/// <summary>
/// Reads one partition forwards. For one thread; <see cref="Wake"/> and Dispose may come from others. A reader fetches from its opening
/// on, also ahead of <see cref="Read"/>; <see cref="Release"/> and <see cref="GoOnAt"/> are for who gets records by another way as well.
/// </summary>
public interface IJournalReader : IDisposable
{
    /// <summary>Offset of the next record that <see cref="Read"/> will give.</summary>
    long NextOffset { get; }

    /// <summary>
    /// Tells up to which offset (exclusive) the caller has the records already, or null: <see cref="Read"/> passes those over, in their
    /// order as well, and copies nothing of them; then a batch lacks them. Asked for each record, on the reader's thread, and must
    /// never go back. Set before the first <see cref="Read"/>.
    /// </summary>
    Func<long>? HeldUpTo { get; set; }

    /// <summary>
    /// Clears <paramref name="batch"/> and fills it with the records that follow, in offset order without gaps (but the one that the
    /// journal's options accept), as many as are at hand up to the batch's own limit (at least one record, however long). Waits up to
    /// <paramref name="timeout"/> for the first one; returns false, with an empty batch, if none came (also while the log does not answer:
    /// see <see cref="IJournal.Trouble"/>), and at once while the reader is released. Throws <see cref="JournalRefusedException"/> when it
    /// meets that the log is not what it was: shortened, records missing; a log that was created again is found by <see cref="ILogCheck"/>.
    /// Throws <see cref="ObjectDisposedException"/> after Dispose.
    /// </summary>
    bool Read(JournalBatch batch, TimeSpan timeout);

    /// <summary>Makes a <see cref="Read"/> that waits return soon (within 100 ms), with what it has.</summary>
    void Wake();

    /// <summary>Fetches nothing from here on, and forgets what was fetched ahead, until <see cref="GoOnAt"/>. Takes well below 1 ms.</summary>
    void Release();

    /// <summary>
    /// Fetches again, from offset <paramref name="next"/> on, which is then <see cref="NextOffset"/>; offsets outside of the log are
    /// refused by <see cref="Read"/>. From a released reader the first record comes about as soon as a waiting reader would have it.
    /// </summary>
    void GoOnAt(long next);

    /// <summary>
    /// Gives up what it reads by (a client with its connections) and makes it anew, to read on from <see cref="NextOffset"/>: for who
    /// knows that there are records which do not come. Keeps the client that it has where there is no other to be had. May take seconds. A
    /// released reader stays released.
    /// </summary>
    void Renew();
}
