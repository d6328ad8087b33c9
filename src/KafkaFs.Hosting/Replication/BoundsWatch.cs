using KafkaFs.Hosting.Status;
using KafkaFs.Journal.Check;
using KafkaFs.Journal.Contract;

namespace KafkaFs.Hosting.Replication;

/// <summary>
/// Asks the journal for its bounds, again and again: where it ends, and whether it answers at all. Whether it is still the log that this
/// replica follows is decided elsewhere. <see cref="Ask"/> is for one thread, the rest for any.
/// </summary>
/// <param name="journal">Who is asked; must live until the last question is answered.</param>
/// <param name="applied">Offset of the next record to apply.</param>
/// <param name="status">Hears where the journal ends.</param>
/// <param name="suspect">Hears of an end before what is applied, in words.</param>
/// <param name="clock">Tells how long there was no answer.</param>
internal sealed class BoundsWatch(IJournal journal, Func<long> applied, HostStatus status, Action<string> suspect, TimeProvider clock)
{
    /// <summary>A journal that has not answered for so long is stalled.</summary>
    public static readonly TimeSpan StallAfter = TimeSpan.FromSeconds(10);

    private long _answeredAt = clock.GetTimestamp();
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
    /// <see cref="JournalRefusedException"/> when the answer is that it is no log of ours.
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
                OnTruncated(bounds, before);
                return;
            }

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

    private void OnTruncated(JournalBounds bounds, long before)
    {
        string? words = RecoveryTable.Judge(new KnownLog { NextOffset = before }, new LogFacts { Bounds = bounds }).Finding?.Words;
        _complaint = words;
        suspect(words ?? "");
    }

    private void Answered(long end)
    {
        Volatile.Write(ref _answeredAt, clock.GetTimestamp());
        (_missing, _complaint) = (null, null);
        Interlocked.CompareExchange(ref _target, end, -1);
        status.SetEnd(end);
    }
}
