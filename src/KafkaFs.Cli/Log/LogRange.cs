using System.Globalization;
using KafkaFs.Hosting.Replication;
using KafkaFs.Journal.Check;
using KafkaFs.Journal.Contract;
using KafkaFs.Posix.Files;
using Microsoft.Extensions.Logging.Abstractions;

namespace KafkaFs.Cli.Log;

/// <summary>Which records are shown: from a position, so many at most, to the end of now or for ever.</summary>
/// <param name="from">An offset, `start` or `end`.</param>
/// <param name="count">From 1.</param>
/// <param name="follow">Wait for more at the end.</param>
/// <param name="gap">Offsets that are accepted to be missing, as the journal's options say too; null: none.</param>
internal sealed class LogRange(string from, long count, bool follow, OffsetGap? gap)
{
    private static readonly TimeSpan s_wait = TimeSpan.FromSeconds(1);

    private readonly Acceptance _accepted = new(Gap: gap);
    private long _end;
    private long _next;

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

    /// <summary>
    /// Prints until the range ends, <paramref name="stop"/>, or nobody reads the output any more. Throws <see cref="JournalRefusedException"/> for a
    /// log that is not the one that was opened any more; while it waits for records that is asked again and again.
    /// </summary>
    public async Task PrintAsync(IJournal journal, long start, RecordPrinter printer, CancellationToken stop)
    {
        _next = start;

        // Records may have to wait for whoever reads the output: that is no silence of the log.
        using LogCheck check = new(journal, _ => Known(journal), NullLogger.Instance, TimeProvider.System) { WaitsForRecords = () => false };
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task checking = follow ? Task.Run(() => check.Run(ending.Token), CancellationToken.None) : Task.CompletedTask;
        try
        {
            Print(journal, printer, () => stop.IsCancellationRequested || checking.IsFaulted);
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await checking.ConfigureAwait(false);
        }
    }

    private KnownLog Known(IJournal journal) => new() { Identity = journal.Identity, NextOffset = Volatile.Read(ref _next), Accepted = _accepted };

    private void Print(IJournal journal, RecordPrinter printer, Func<bool> isOver)
    {
        using IJournalReader reader = journal.OpenReader(0, _next);
        JournalBatch batch = new();
        long left = count;
        while (!isOver() && left > 0 && _accepted.Reached(reader.NextOffset) < _end && !ProcessCalls.IsOutputClosed())
        {
            reader.Read(batch, s_wait);
            for (int index = 0; index < batch.Count && left > 0 && batch[index].Offset < _end; index++, left--)
            {
                printer.Print(batch[index]);
            }

            printer.Flush();
            Volatile.Write(ref _next, reader.NextOffset);
        }
    }
}
