using KafkaFs.Journal.Contract;

namespace KafkaFs.Simulation.Crash;

/// <summary>A log in memory that is only read; it survives every crash, and nobody waits for it. For one thread.</summary>
internal sealed class SimulatedJournal : IJournal
{
    private readonly List<byte[]> _records = [];

    /// <summary>The log's time of every record, milliseconds since 1970.</summary>
    public const long AppendTimeMs = 1_700_000_000_000;

    /// <inheritdoc/>
    public JournalIdentity Identity { get; } = new("simulated", "", "log");

    /// <inheritdoc/>
    public int PartitionCount => 1;

    /// <inheritdoc/>
    public int MaxRecordBytes => 1 << 20;

    /// <inheritdoc/>
    public string? Trouble => null;

    public int Count => _records.Count;

    /// <summary>The end that <see cref="QueryBounds"/> gives, of a log that has lost records; null: the true one.</summary>
    public long? ShownEnd { get; set; }

    public byte[] this[int offset] => _records[offset];

    public void Add(byte[] record) => _records.Add(record);

    /// <summary>Fills a batch with the records from an offset on, at most so many.</summary>
    public void Fill(JournalBatch batch, long from, int count)
    {
        batch.Clear();
        for (long offset = from; offset < _records.Count && offset < from + count; offset++)
        {
            batch.Add(offset, AppendTimeMs, _records[(int)offset]);
        }
    }

    /// <inheritdoc/>
    public JournalBounds QueryBounds(int partition, CancellationToken cancellationToken) => new(0, ShownEnd ?? _records.Count);

    /// <inheritdoc/>
    public IJournalAppender OpenAppender(int partition, IAppendListener listener) => throw new NotSupportedException();

    /// <inheritdoc/>
    public IJournalReader OpenReader(int partition, long from) => new Reader(this, from);

    /// <inheritdoc/>
    public void Dispose()
    {
        // There is nothing to give back.
    }

    private sealed class Reader(SimulatedJournal journal, long from) : IJournalReader
    {
        public long NextOffset { get; private set; } = from;

        public Func<long>? HeldUpTo { get; set; }

        public bool Read(JournalBatch batch, TimeSpan timeout)
        {
            journal.Fill(batch, NextOffset, int.MaxValue);
            NextOffset += batch.Count;
            return batch.Count > 0 ? true : throw new InvalidOperationException($"Record {NextOffset} is waited for, which the log does not have.");
        }

        public void Wake()
        {
            // It never waits.
        }

        public void Release() => throw new NotSupportedException("A simulated replica reads for ever.");

        public void GoOnAt(long next) => NextOffset = next;

        public void Renew()
        {
            // Nothing of it can be stuck.
        }

        public void Dispose()
        {
            // It holds nothing.
        }
    }
}
