namespace KafkaFs.Journal.Contract;

/// <summary>One record as the log holds it.</summary>
/// <param name="offset">Its place in the partition.</param>
/// <param name="appendTimeMs">The log's own time of the append, milliseconds since 1970; the same for every reader.</param>
/// <param name="bytes">The serialized FuseChange, or whatever else somebody appended.</param>
public readonly ref struct JournalRecord(long offset, long appendTimeMs, ReadOnlySpan<byte> bytes)
{
    public long Offset { get; } = offset;

    public long AppendTimeMs { get; } = appendTimeMs;

    public ReadOnlySpan<byte> Bytes { get; } = bytes;
}
