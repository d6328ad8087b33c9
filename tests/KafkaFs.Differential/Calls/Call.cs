namespace KafkaFs.Differential.Calls;

/// <summary>
/// One call with all that it needs, so that a file of calls can be replayed without what made them up. Paths are relative to the
/// subtree, one character a byte (Latin-1). Slots are places in the tables of open files, mappings have a table of their own.
/// </summary>
internal sealed record Call
{
    public required CallKind Kind { get; init; }

    /// <summary>0 for root.</summary>
    public int User { get; init; }

    public string Path { get; init; } = "";

    public string Path2 { get; init; } = "";

    public int Slot { get; init; } = -1;

    public int Slot2 { get; init; } = -1;

    public int Flags { get; init; }

    public uint Mode { get; init; }

    public long Offset { get; init; }

    public long Length { get; init; }

    public long Value { get; init; }

    public long Value2 { get; init; }
}
