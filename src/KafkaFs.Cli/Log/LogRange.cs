using System.Globalization;
using KafkaFs.Journal.Contract;
using KafkaFs.Posix.Files;

namespace KafkaFs.Cli.Log;

/// <summary>Which records are shown: from a position, so many at most, to the end of now or for ever.</summary>
/// <param name="from">An offset, `start` or `end`.</param>
/// <param name="count">From 1.</param>
/// <param name="follow">Wait for more at the end.</param>
internal sealed class LogRange(string from, long count, bool follow)
{
    private static readonly TimeSpan s_wait = TimeSpan.FromSeconds(1);

    private long _end;

    /// <summary>The first offset to read; false, in words, for one that the journal does not have.</summary>
    public bool TryPlace(JournalBounds bounds, out long start, out string? problem)
    {
        _end = follow ? long.MaxValue : bounds.Next;
        problem = null;
        start = from switch
        {
            "start" => bounds.First,
            "end" => bounds.Next,
            _ => long.Parse(from, CultureInfo.InvariantCulture),
        };
        if (start < bounds.First || start > bounds.Next)
        {
            problem = bounds.First == bounds.Next
                ? $"--from {start}: the journal has no record, the next is {bounds.Next}"
                : $"--from {start}: the journal has the records {bounds.First} to {bounds.Next - 1}";
        }

        return problem is null;
    }

    /// <summary>Prints until the range ends, <paramref name="stop"/>, or nobody reads the output any more.</summary>
    public void Print(IJournal journal, long start, RecordPrinter printer, CancellationToken stop)
    {
        using IJournalReader reader = journal.OpenReader(0, start);
        JournalBatch batch = new();
        long left = count;
        while (!stop.IsCancellationRequested && left > 0 && reader.NextOffset < _end && !ProcessCalls.IsOutputClosed())
        {
            reader.Read(batch, s_wait);
            for (int index = 0; index < batch.Count && left > 0 && batch[index].Offset < _end; index++, left--)
            {
                printer.Print(batch[index]);
            }

            printer.Flush();
        }
    }
}
