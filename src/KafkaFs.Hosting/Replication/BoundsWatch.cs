using KafkaFs.Hosting.Status;
using KafkaFs.Journal.Contract;

namespace KafkaFs.Hosting.Replication;

/// <summary>
/// Asks the journal for its bounds, again and again: where it ends, whether it answers at all, and whether it is still the log that
/// this replica follows. <see cref="Ask"/> is for one thread, the rest for any.
/// </summary>
/// <param name="journal">Who is asked; must live until the last question is answered.</param>
/// <param name="applied">Offset of the next record to apply.</param>
/// <param name="status">Hears where the journal ends.</param>
/// <param name="clock">Tells how long there was no answer.</param>
internal sealed class BoundsWatch(IJournal journal, Func<long> applied, HostStatus status, TimeProvider clock)
{
    /// <summary>A journal that has not answered for so long is stalled.</summary>
    public static readonly TimeSpan StallAfter = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan s_confirmAfter = TimeSpan.FromSeconds(3);

    private long _answeredAt = clock.GetTimestamp();
    private long? _seemedTruncatedAt;
    private long _target = -1;
    private volatile string? _missing;
    private volatile string? _complaint;

    /// <summary>Where the journal ended when it was first asked, or null before the first answer.</summary>
    public long? Target => Volatile.Read(ref _target) is >= 0 and long target ? target : null;

    /// <summary>What is wrong since the last answer, or null: no reason yet to stall.</summary>
    public string? Complaint => _complaint;

    /// <summary>Why the host has to wait for the journal, or null: it does not exist now, or has not answered for <see cref="StallAfter"/>.</summary>
    public string? Stall
    {
        get
        {
            TimeSpan silence = clock.GetElapsedTime(Volatile.Read(ref _answeredAt));
            return _missing ?? (silence < StallAfter
                ? null
                : $"the journal has not answered since {clock.GetUtcNow() - silence:HH:mm:ss} UTC: {_complaint ?? journal.Trouble ?? "no answer to the question for its end"}");
        }
    }

    /// <summary>
    /// One question. No answer is no finding, and a journal that is missing may come back; throws
    /// <see cref="JournalRefusedException"/> when the answer is that the log is not, or not any more, what this replica follows.
    /// </summary>
    public void Ask(CancellationToken stop)
    {
        // Before the question: the log holds at least what was applied when it was asked.
        long before = applied();
        try
        {
            JournalBounds bounds = journal.QueryBounds(0, stop);
            if (bounds.Next < before)
            {
                OnTruncated(bounds.Next, before);
                return;
            }

            _seemedTruncatedAt = null;
            Answered(bounds.Next);
        }
        catch (JournalRefusedException exception) when (exception.Refusal == JournalRefusal.Missing)
        {
            (_missing, _complaint) = (exception.Message, exception.Message);
        }
        catch (JournalUnavailableException exception)
        {
            (_missing, _complaint) = (null, exception.Message);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            _complaint = null;
        }
    }

    // A broker that was the leader may tell of a past end: only what is still said some seconds later is certain.
    private void OnTruncated(long end, long before)
    {
        string words = $"the journal ends at {end}, this replica is at {before}: truncated or restored";
        _seemedTruncatedAt ??= clock.GetTimestamp();
        _complaint = words;
        if (clock.GetElapsedTime(_seemedTruncatedAt.Value) >= s_confirmAfter)
        {
            throw new JournalRefusedException(JournalRefusal.Truncated, words);
        }
    }

    private void Answered(long end)
    {
        Volatile.Write(ref _answeredAt, clock.GetTimestamp());
        (_missing, _complaint) = (null, null);
        Interlocked.CompareExchange(ref _target, end, -1);
        status.SetEnd(end);
    }
}
