using KafkaFs.Journal.Codec;
using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Recovery;

namespace KafkaFs.Replica.Rejoin;

/// <summary>Can a replica be built from a journal? It can while the journal has its first record, which creates a filesystem.</summary>
public static class JournalOrigin
{
    /// <summary>
    /// Throws <see cref="JournalRefusedException"/> with words if it cannot, <see cref="JournalUnavailableException"/> if the journal
    /// does not answer.
    /// </summary>
    public static void Require(IJournal journal, string description, CancellationToken stop)
    {
        JournalBounds bounds = journal.QueryBounds(0, stop);
        if (bounds.First > 0)
        {
            throw new JournalRefusedException(
                JournalRefusal.Deleted, $"records 0..{bounds.First - 1} are deleted from {description}: a replica cannot be built from it");
        }

        if (bounds.Next == 0)
        {
            throw new JournalRefusedException(JournalRefusal.NotAJournal, $"{description} is empty: there is nothing to build a replica from");
        }

        bool isOrigin = false;
        LogRange.Read(journal, 0, 1, gap: null, (in JournalRecord record) => isOrigin = Creates(record), stop);
        if (!isOrigin)
        {
            throw new JournalRefusedException(
                JournalRefusal.NotAJournal, $"{description} is not a KafkaFS journal: its first record does not create a filesystem");
        }
    }

    private static bool Creates(in JournalRecord record)
    {
        bool wellFormed = ChangeCodec.TryDecode(record.Bytes, out Change change, out _);
        return new Evaluation(new NamespaceState()).Evaluate(change, wellFormed, record.Offset, record.AppendTimeMs, new Effects()) == Outcome.Success;
    }
}
