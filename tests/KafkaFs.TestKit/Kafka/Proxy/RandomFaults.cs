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

    /// <summary>Chance that a Produce response says one of <see cref="Errors"/> though the broker has appended.</summary>
    public double AnswerError { get; init; }

    /// <summary>Kafka's error codes of which one is said.</summary>
    public IReadOnlyList<short> Errors { get; init; } = [];

    /// <inheritdoc/>
    public Fate Of(in KafkaFrame frame)
    {
        lock (_lock)
        {
            double chance = _random.NextDouble(), cut = frame.Direction == FrameDirection.Request ? CutRequest : CutResponse;
            return chance < cut ? Fate.Cut
                : chance < cut + Hang ? Fate.Hang
                : chance < cut + Hang + Delay.Chance ? Fate.After(_random.NextDouble() * Delay.Longest)
                : frame is { Api: KafkaApi.Produce, Direction: FrameDirection.Response } && _random.NextDouble() < AnswerError
                    ? Fate.AnswerError(Errors[_random.Next(Errors.Count)])
                : Fate.Pass;
        }
    }
}
