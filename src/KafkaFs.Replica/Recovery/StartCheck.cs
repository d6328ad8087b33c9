using KafkaFs.Journal.Check;
using KafkaFs.Journal.Contract;

namespace KafkaFs.Replica.Recovery;

/// <summary>Asks, before a replica resumes, whether the log is the one that it follows (<see cref="RecoveryTable"/>).</summary>
internal static class StartCheck
{
    private const int MaxAgain = 3;

    /// <summary>
    /// Returns the log's bounds once it is known to be ours. A broker that was the leader may tell of a past end, or of a past topic: what
    /// refuses, or ends before <paramref name="farthest"/> (how far the tree may be), is asked again after <paramref name="confirmAfter"/>, and
    /// refuses only if it is found twice running. Throws <see cref="JournalRefusedException"/> for a log that is not ours or may not be read,
    /// <see cref="JournalUnavailableException"/> without an answer.
    /// </summary>
    public static JournalBounds Verify(KnownLog known, long farthest, IJournal journal, TimeSpan confirmAfter, CancellationToken stop)
    {
        LogFacts found = Probe(journal, known.NextOffset, stop);
        LogJudgement judgement = RecoveryTable.Judge(known, found);
        LogRow? said = null;
        for (int again = 0; again < MaxAgain && (judgement.Finding?.Row != said || (again == 0 && found.Bounds?.Next < farthest)); again++)
        {
            said = judgement.Finding?.Row;
            stop.WaitHandle.WaitOne(confirmAfter);
            stop.ThrowIfCancellationRequested();
            found = Probe(journal, known.NextOffset, stop);
            judgement = RecoveryTable.Judge(known, found);
        }

        if (judgement.Refuses)
        {
            throw judgement.Finding!.Row == said ? judgement.Finding.ToException() : new JournalUnavailableException($"the log is changing: {judgement.Finding.Words}");
        }

        return found.Bounds ?? throw new JournalUnavailableException(judgement.Finding?.Words ?? $"{found.Log} does not tell its bounds");
    }

    // A replica that runs waits for a right that is missing; a start ends with its name, as it does for every other right.
    private static LogFacts Probe(IJournal journal, long next, CancellationToken stop)
    {
        try
        {
            return journal.Probe(next, stop);
        }
        catch (JournalUnavailableException exception)
            when (exception.InnerException is JournalRefusedException { Refusal: JournalRefusal.Forbidden } forbidden)
        {
            throw new JournalRefusedException(forbidden.Refusal, forbidden.Message, exception);
        }
    }
}
