using KafkaFs.Journal.Check;
using KafkaFs.Journal.Contract;

namespace KafkaFs.Replica.Recovery;

/// <summary>Reads a part of the log that is known to be there.</summary>
internal static class LogRange
{
    private static readonly TimeSpan s_readWait = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_askAfter = TimeSpan.FromSeconds(5);

    /// <summary>What is done with a record; its bytes are valid during the call.</summary>
    public delegate void Visit(in JournalRecord record);

    /// <summary>
    /// Gives the records <paramref name="from"/> (inclusive) to <paramref name="to"/> (exclusive), in order, past the <paramref name="gap"/>
    /// that is accepted, as the journal's options have to say too. Throws <see cref="JournalRefusedException"/> for a log that lacks some of them,
    /// <see cref="JournalUnavailableException"/> if it delivers nothing for a minute, OperationCanceledException at <paramref name="stop"/>.
    /// </summary>
    public static void Read(IJournal journal, long from, long to, OffsetGap? gap, Visit visit, CancellationToken stop)
    {
        Acceptance accepted = new(Gap: gap);
        if (accepted.Reached(from) >= to)
        {
            return;
        }

        using IJournalReader reader = journal.OpenReader(0, from);
        JournalBatch batch = new();
        long heardMs = Environment.TickCount64;
        bool hasAsked = false;
        while (accepted.Reached(from) < to)
        {
            stop.ThrowIfCancellationRequested();
            if (!reader.Read(batch, s_readWait))
            {
                TimeSpan silence = TimeSpan.FromMilliseconds(Environment.TickCount64 - heardMs);
                if (silence > s_silence)
                {
                    throw new JournalUnavailableException($"the journal does not deliver record {from}: {journal.Trouble ?? "no answer"}");
                }

                if (silence > s_askAfter && !hasAsked)
                {
                    hasAsked = true;
                    KnownLog known = new() { Identity = journal.Identity, NextOffset = from, Accepted = accepted };
                    StartCheck.Verify(known, to, journal, LogProbe.ConfirmAfter, stop);
                }

                continue;
            }

            (heardMs, hasAsked) = (Environment.TickCount64, false);
            for (int index = 0; index < batch.Count && from < to; index++)
            {
                JournalRecord record = batch[index];
                visit(record);
                from = record.Offset + 1;
            }
        }
    }
}
