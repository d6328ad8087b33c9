using KafkaFs.Journal.Contract;

namespace KafkaFs.Hosting.Replication;

/// <summary>
/// How long the journal has let nobody read although it answers: a right that was taken away, records that do not come. For one thread.
/// </summary>
/// <param name="journal">Who says why.</param>
/// <param name="clock">Tells how long.</param>
internal sealed class ReadingWatch(IJournal journal, TimeProvider clock)
{
    private long? _since;

    /// <summary>Why the host has to wait, or null: nothing could be read for <see cref="BoundsWatch.StallAfter"/>. To be asked every second or oftener.</summary>
    public string? Look()
    {
        if (journal.ReadingTrouble is not string words)
        {
            _since = null;
            return null;
        }

        TimeSpan silence = clock.GetElapsedTime(_since ??= clock.GetTimestamp());
        return silence < BoundsWatch.StallAfter ? null : $"nothing is read from the journal since {clock.GetUtcNow() - silence:HH:mm:ss} UTC: {words}";
    }
}
