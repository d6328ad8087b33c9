using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace KafkaFs.Replica.Apply;

/// <summary>
/// Which records were applied last, by their offset: an acknowledgement that comes after its record was read from the log is compared
/// with it. Safe for use from several threads.
/// </summary>
internal sealed class AppliedRecords
{
    /// <summary>Records that are kept.</summary>
    public const int Kept = 4_096;

    // A record begins with the place that it has in its session, and one of no session, like a Fence, is shorter: the data behind need not be hashed.
    private const int HashedBytes = 256;

    private readonly Lock _gate = new();
    private readonly Entry[] _entries = new Entry[Kept];

    public AppliedRecords() => Array.Fill(_entries, new Entry(-1, 0, 0));

    /// <summary>A record is applied; before the applied position moves past it.</summary>
    public void Note(long offset, ReadOnlySpan<byte> record)
    {
        Entry entry = Entry.Of(offset, record);
        lock (_gate)
        {
            _entries[offset % Kept] = entry;
        }
    }

    /// <summary>
    /// Whether <paramref name="record"/> is what was applied at <paramref name="offset"/>; null where that is not known: it is too long ago,
    /// or was before this run.
    /// </summary>
    public bool? Holds(long offset, ReadOnlySpan<byte> record)
    {
        Entry entry;
        lock (_gate)
        {
            entry = _entries[offset % Kept];
        }

        return entry.Offset == offset ? entry == Entry.Of(offset, record) : null;
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Entry(long Offset, int Length, ulong Hash)
    {
        public static Entry Of(long offset, ReadOnlySpan<byte> record) =>
            new(offset, record.Length, XxHash3.HashToUInt64(record[..Math.Min(record.Length, HashedBytes)]));
    }
}
