using System.Security.Cryptography;
using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Checkpoint;

namespace KafkaFs.Replica.Recovery;

/// <summary>Is the log still the one that a checkpoint was made from? Refuses with words if not; never a verdict without an answer.</summary>
internal static class ResumeCheck
{
    private static readonly TimeSpan s_readLimit = TimeSpan.FromSeconds(30);

    /// <summary>Checks the bounds of the log and its record before the checkpoint's position.</summary>
    public static void Verify(CheckpointHeader checkpoint, JournalBounds bounds, IJournal journal, CancellationToken stop)
    {
        long next = checkpoint.NextOffset;
        if (bounds.Next < next)
        {
            throw new JournalRefusedException(
                JournalRefusal.Truncated,
                $"the journal ends at {bounds.Next}, this replica is at {next}: truncated, or restored from an older copy");
        }

        if (bounds.First > next)
        {
            throw new JournalRefusedException(
                JournalRefusal.Deleted,
                $"records {next}..{bounds.First - 1} are deleted from the journal, and this replica needs them");
        }

        if (next > bounds.First && checkpoint.LastRecordHash is { Length: > 0 } expected)
        {
            VerifyTail(journal, next - 1, expected, stop);
        }
    }

    private static void VerifyTail(IJournal journal, long offset, byte[] expected, CancellationToken stop)
    {
        using IJournalReader reader = journal.OpenReader(0, offset);
        JournalBatch batch = new(maxRecords: 1);
        long deadline = Environment.TickCount64 + (long)s_readLimit.TotalMilliseconds;
        while (!reader.Read(batch, TimeSpan.FromMilliseconds(200)))
        {
            stop.ThrowIfCancellationRequested();
            if (Environment.TickCount64 > deadline)
            {
                throw new JournalUnavailableException($"the journal does not deliver record {offset}: {journal.Trouble ?? "no answer"}");
            }
        }

        if (!SHA256.HashData(batch[0].Bytes).AsSpan().SequenceEqual(expected))
        {
            throw new JournalRefusedException(
                JournalRefusal.Replaced,
                $"record {offset} is another than the one that this replica applied: the journal's history was rewritten");
        }
    }
}
