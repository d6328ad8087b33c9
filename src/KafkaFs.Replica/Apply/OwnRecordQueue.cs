using System.Runtime.InteropServices;

namespace KafkaFs.Replica.Apply;

/// <summary>
/// Records of this process that the log has acknowledged, waiting in offset order until everything before them is applied.
/// Bounded by what the writer has outstanding. Safe for use from several threads.
/// </summary>
internal sealed class OwnRecordQueue
{
    private readonly Lock _gate = new();
    private readonly PriorityQueue<Entry, long> _entries = new();

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

    /// <summary>Adds a record. Reports come in offset order; one that does not is compared with what was applied there.</summary>
    public void Add(long offset, long appendTimeMs, ReadOnlyMemory<byte> record)
    {
        lock (_gate)
        {
            _entries.Enqueue(new Entry(offset, appendTimeMs, record), offset);
        }
    }

    /// <summary>The first record, left in the queue.</summary>
    public bool TryPeek(out Entry entry)
    {
        lock (_gate)
        {
            return _entries.TryPeek(out entry, out _);
        }
    }

    /// <summary>Takes the first record if it is before <paramref name="nextOffset"/>: what is there was read from the log.</summary>
    public bool TryTakePassed(long nextOffset, out Entry entry)
    {
        lock (_gate)
        {
            return _entries.TryPeek(out entry, out _) && entry.Offset < nextOffset && _entries.TryDequeue(out entry, out _);
        }
    }

    /// <summary>Takes the record that was applied from here, unless one came meanwhile that is before it.</summary>
    public void TakeApplied(long offset)
    {
        lock (_gate)
        {
            if (_entries.TryPeek(out Entry first, out _) && first.Offset == offset)
            {
                _entries.Dequeue();
            }
        }
    }

    /// <summary>A record with its place.</summary>
    [StructLayout(LayoutKind.Auto)]
    internal readonly record struct Entry(long Offset, long AppendTimeMs, ReadOnlyMemory<byte> Record);
}
