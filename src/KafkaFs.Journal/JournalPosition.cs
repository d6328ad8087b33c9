namespace KafkaFs.Journal;

/// <summary>A place in the journal: the record at <paramref name="Offset"/> (0 or more) of <paramref name="Partition"/> (0 or more).</summary>
public readonly record struct JournalPosition(int Partition, long Offset)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Partition}:{Offset}";
}
