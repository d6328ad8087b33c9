namespace KafkaFs.Journal.Check;

/// <summary>
/// What an operator has accepted, each by its name, so that a setting that is forgotten accepts nothing else later.
/// </summary>
/// <param name="Topic">The id of the topic (or log file) that takes the place of the one that was followed.</param>
/// <param name="Cluster">The id of the cluster that does, with its topic: a mirror that keeps offsets.</param>
/// <param name="Gap">Offsets that the log lacks and the replica goes past.</param>
public sealed record Acceptance(string? Topic = null, string? Cluster = null, OffsetGap? Gap = null)
{
    public static Acceptance None { get; } = new();

    /// <summary>How far a replica that wants record <paramref name="next"/> has come: past an accepted gap that begins there, which has nothing to wait for.</summary>
    public long Reached(long next) => Gap?.First == next ? Gap.Last + 1 : next;
}
