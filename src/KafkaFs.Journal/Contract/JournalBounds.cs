namespace KafkaFs.Journal.Contract;

/// <summary>
/// The part of a partition that the log holds: offsets <paramref name="First"/> (inclusive) to <paramref name="Next"/>
/// (exclusive), the offset of the next append. Empty if they are equal.
/// </summary>
public readonly record struct JournalBounds(long First, long Next);
