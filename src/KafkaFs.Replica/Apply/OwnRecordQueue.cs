namespace KafkaFs.Replica.Apply;

/// <summary>
/// Records of this process that the log has acknowledged, waiting in offset order until everything before them is applied.
/// Bounded by what the writer has outstanding. Safe for use from several threads.
/// </summary>
internal sealed class OwnRecordQueue
{
    private readonly Lock _gate = new();
    private readonly Queue<Entry> _entries = new();
    private long _lastOffset = -1;

    /// <summary>Records in the queue.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>Adds a record; reports come in offset order, one that came back late (a repetition) is left to the tail reader.</summary>
    public void Add(long offset, long appendTimeMs, ReadOnlyMemory<byte> record)
    {
        lock (_gate)
        {
            if (offset > _lastOffset)
            {
                _lastOffset = offset;
                _entries.Enqueue(new Entry(offset, appendTimeMs, record));
            }
        }
    }

    /// <summary>The offset of the first record in the queue; false if it is empty.</summary>
    public bool TryPeekFirst(out long offset)
    {
        lock (_gate)
        {
            bool isThere = _entries.TryPeek(out Entry first);
            offset = first.Offset;
            return isThere;
        }
    }

    /// <summary>
    /// The record at <paramref name="nextOffset"/>, left in the queue; those before it, which were read from the log meanwhile, are
    /// dropped. False if the queue is empty or there are records in between.
    /// </summary>
    public bool TryPeek(long nextOffset, out Entry entry)
    {
        lock (_gate)
        {
            while (_entries.TryPeek(out entry))
            {
                if (entry.Offset >= nextOffset)
                {
                    return entry.Offset == nextOffset;
                }

                _entries.Dequeue();
            }

            return false;
        }
    }

    /// <summary>A record with its place.</summary>
    internal readonly record struct Entry(long Offset, long AppendTimeMs, ReadOnlyMemory<byte> Record);
}
