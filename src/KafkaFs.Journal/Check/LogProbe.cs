using System.Security.Cryptography;
using KafkaFs.Journal.Contract;

namespace KafkaFs.Journal.Check;

/// <summary>A look at a log by the calls that every journal has. For journals whose readers and questions know nothing of before.</summary>
public static class LogProbe
{
    /// <summary>How long a look may take until it is no answer.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>How long a log that seems not to be ours, or to end too early, is given to say so again.</summary>
    public static readonly TimeSpan ConfirmAfter = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan s_readWait = TimeSpan.FromMilliseconds(200);

    /// <summary>Identity and bounds, as <see cref="IJournal.Look"/> is to give them.</summary>
    public static LogFacts Look(IJournal journal, CancellationToken stop)
    {
        try
        {
            return new LogFacts
            {
                Identity = journal.Identity,
                PartitionCount = journal.PartitionCount,
                Bounds = journal.QueryBounds(0, stop),
                MaxRecordBytes = journal.MaxRecordBytes,
            };
        }
        catch (JournalRefusedException exception) when (exception.Refusal == JournalRefusal.Missing)
        {
            return new LogFacts { Exists = false };
        }
    }

    /// <summary>The same with the first record and the one before <paramref name="next"/>, as <see cref="IJournal.Probe"/> is to give them.</summary>
    public static LogFacts Probe(IJournal journal, long next, CancellationToken stop)
    {
        LogFacts facts = Look(journal, stop);
        if (facts.Bounds is not JournalBounds bounds)
        {
            return facts;
        }

        return facts with
        {
            Origin = bounds is { First: 0, Next: > 0 } ? Read(journal, 0, LogOrigin.Of, stop) : null,
            TailHash = next > bounds.First && next <= bounds.Next ? Read(journal, next - 1, record => SHA256.HashData(record), stop) : null,
        };
    }

    private delegate T Use<T>(ReadOnlySpan<byte> record);

    private static T Read<T>(IJournal journal, long offset, Use<T> use, CancellationToken stop)
    {
        using IJournalReader reader = journal.OpenReader(0, offset);
        JournalBatch batch = new(maxRecords: 1);
        long deadlineMs = Environment.TickCount64 + (long)Limit.TotalMilliseconds;
        while (!reader.Read(batch, s_readWait))
        {
            stop.ThrowIfCancellationRequested();
            if (Environment.TickCount64 > deadlineMs)
            {
                throw new JournalUnavailableException($"the journal does not deliver record {offset}: {journal.Trouble ?? "no answer"}");
            }
        }

        return use(batch[0].Bytes);
    }
}
