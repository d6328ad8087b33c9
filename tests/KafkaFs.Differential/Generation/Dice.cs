namespace KafkaFs.Differential.Generation;

/// <summary>Chance by a seed: the same seed and worker give the same calls as long as the answers are the same.</summary>
internal sealed class Dice(long seed, int worker)
{
    private readonly Random _random = new(unchecked((int)((seed * 1_000_003) + (worker * 7_919) + 17)));

    public int Below(int limit) => _random.Next(limit);

    public bool Percent(int percent) => _random.Next(100) < percent;

    public T Pick<T>(IReadOnlyList<T> choices) => choices[_random.Next(choices.Count)];

    /// <summary>1 to <paramref name="limit"/>, each order of magnitude as often as another.</summary>
    public long Magnitude(long limit) => Math.Clamp((long)Math.Exp(_random.NextDouble() * Math.Log(limit + 1)), 1, limit);

    /// <summary>A place in a file: often at or beside the edge of a page, seldom far out.</summary>
    public long Place(long limit)
    {
        long place = Below(4) switch
        {
            0 => Below(100),
            1 => Magnitude(limit) - 1,
            2 => (Below(32) * 4_096) + Below(3) - 1,
            _ => Below(1 << 17),
        };
        return Math.Clamp(place, 0, limit);
    }
}
