using System.Runtime.InteropServices;

namespace KafkaFs.Journal.Contract;

/// <summary>
/// Consecutive records of one partition (an accepted gap excepted), in a buffer that is used again for the next batch: spans from
/// <see cref="this[int]"/> are valid until the next <see cref="Clear"/>. For one thread.
/// </summary>
public sealed class JournalBatch
{
    /// <summary>Default limit of <see cref="IsFull"/>: 4 MiB.</summary>
    public const int DefaultMaxBytes = 4 * 1024 * 1024;

    private readonly List<Entry> _entries = [];
    private byte[] _bytes = new byte[64 * 1024];
    private int _used;

    /// <param name="maxBytes">The batch is full once it holds this many bytes.</param>
    /// <param name="maxRecords">The batch is full once it holds this many records.</param>
    public JournalBatch(int maxBytes = DefaultMaxBytes, int maxRecords = 4_096) => (MaxBytes, MaxRecords) = (maxBytes, maxRecords);

    public int MaxBytes { get; }

    public int MaxRecords { get; }

    /// <summary>Number of records.</summary>
    public int Count => _entries.Count;

    /// <summary>Bytes of all records.</summary>
    public int ByteCount => _used;

    /// <summary>No further record should be added. One record above the limit is taken if it is the first.</summary>
    public bool IsFull => _used >= MaxBytes || _entries.Count >= MaxRecords;

    /// <summary>The record at <paramref name="index"/>, in offset order.</summary>
    public JournalRecord this[int index]
    {
        get
        {
            Entry entry = _entries[index];
            return new JournalRecord(entry.Offset, entry.AppendTimeMs, _bytes.AsSpan(entry.Start, entry.Length));
        }
    }

    /// <summary>Forgets all records. A buffer that a long record made grow far is given back.</summary>
    public void Clear()
    {
        _entries.Clear();
        _used = 0;
        if (_bytes.Length > 2 * MaxBytes)
        {
            _bytes = new byte[64 * 1024];
        }
    }

    /// <summary>Copies a record to the end.</summary>
    public void Add(long offset, long appendTimeMs, ReadOnlySpan<byte> record)
    {
        record.CopyTo(RoomFor(record.Length));
        Add(offset, appendTimeMs, record.Length);
    }

    /// <summary>Room at the end for a record whose place is not known yet; the next <see cref="Add(long, long, int)"/> makes it one.</summary>
    public Span<byte> RoomFor(int length)
    {
        if (_used + length > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_used + length, 2 * _bytes.Length));
        }

        return _bytes.AsSpan(_used, length);
    }

    /// <summary>Adds the record that was written to the room that was asked for last.</summary>
    public void Add(long offset, long appendTimeMs, int length)
    {
        _entries.Add(new Entry(offset, appendTimeMs, _used, length));
        _used += length;
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Entry(long Offset, long AppendTimeMs, int Start, int Length);
}
