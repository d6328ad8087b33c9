namespace KafkaFs.TestKit.Kafka.Proxy;

/// <summary>
/// Faults by chance, of a seed: the same decisions in the same order, though what they meet depends on what the machine does.
/// Thread-safe.
/// </summary>
public sealed class RandomFaults(int seed) : IFaultPlan
{
    private readonly Lock _lock = new();
    private readonly Random _random = new(seed);

    /// <summary>Chance that a frame is delayed, and by how much at most.</summary>
    public (double Chance, TimeSpan Longest) Delay { get; init; } = (0.02, TimeSpan.FromMilliseconds(300));

    /// <summary>Chance that a connection is cut instead of passing a request on.</summary>
    public double CutRequest { get; init; } = 0.001;

    /// <summary>Chance that a connection is cut instead of passing a response on: what was asked for is done, and the client does not know.</summary>
    public double CutResponse { get; init; } = 0.002;

    /// <summary>Chance that a direction of a connection goes silent.</summary>
    public double Hang { get; init; } = 0.0001;

    /// <inheritdoc/>
    public Fate Of(in KafkaFrame frame)
    {
        lock (_lock)
        {
            double chance = _random.NextDouble(), cut = frame.Direction == FrameDirection.Request ? CutRequest : CutResponse;
            return chance < cut ? Fate.Cut
                : chance < cut + Hang ? Fate.Hang
                : chance < cut + Hang + Delay.Chance ? Fate.After(_random.NextDouble() * Delay.Longest)
                : Fate.Pass;
        }
    }
}
