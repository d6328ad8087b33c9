using System.Runtime.InteropServices;
using KafkaFs.Journal;
using KafkaFs.Journal.Codec;

namespace KafkaFs.Replica.Apply;

/// <summary>
/// Whose records were applied last, by their offset: an acknowledgement that comes after its record was read from the log is compared
/// with it. Safe for use from several threads.
/// </summary>
internal sealed class AppliedRecords
{
    /// <summary>Records that are kept.</summary>
    public const int Kept = 4_096;

    private readonly Lock _gate = new();
    private readonly Entry[] _entries = new Entry[Kept];

    public AppliedRecords() => Array.Fill(_entries, new Entry(-1, SessionId.None, 0, 0));

    /// <summary>A record is applied; before the applied position moves past it.</summary>
    public void Note(long offset, in ChangeHeader header)
    {
        lock (_gate)
        {
            _entries[offset % Kept] = new Entry(offset, header.Session, header.Incarnation, header.Sequence);
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

        if (entry.Offset != offset)
        {
            return null;
        }

        _ = ChangeCodec.TryDecode(record, out Change change, out _);
        return entry == new Entry(offset, change.Header.Session, change.Header.Incarnation, change.Header.Sequence);
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Entry(long Offset, SessionId Session, uint Incarnation, ulong Sequence);
}
