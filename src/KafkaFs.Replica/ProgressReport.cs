namespace KafkaFs.Replica;

/// <summary>What long work is at.</summary>
/// <param name="What">In words for a person.</param>
/// <param name="Done">Of it, in <paramref name="Unit"/>.</param>
/// <param name="Total">In <paramref name="Unit"/>; 0 if nobody can know it.</param>
/// <param name="Unit">`records`, `names`, `bytes`, ...</param>
/// <param name="Seconds">Since this began.</param>
public sealed record ProgressReport(string What, long Done, long Total, string Unit, double Seconds)
{
    /// <summary>Seconds that it will still take at the rate so far; null if nobody can know.</summary>
    public double? SecondsLeft => Done > 0 && Total >= Done ? Math.Round(Seconds * (Total - Done) / Done, 1) : null;
}
