namespace KafkaFs.TestKit.Kafka.Proxy;

/// <summary>What becomes of one frame. Frames of one direction of a connection keep their order whatever happens, as on a wire.</summary>
/// <param name="Kind">What happens.</param>
/// <param name="Delay">How long a delayed one waits, and all behind it.</param>
/// <param name="Error">Kafka's error code that a Produce response is given.</param>
public readonly record struct Fate(FateKind Kind, TimeSpan Delay = default, short Error = 0)
{
    public static Fate Pass => new(FateKind.Pass);

    /// <summary>It never arrives; later ones do.</summary>
    public static Fate Swallow => new(FateKind.Swallow);

    /// <summary>Neither it nor anything after it in this direction of this connection arrives; the connection stays open.</summary>
    public static Fate Hang => new(FateKind.Hang);

    /// <summary>It never arrives, and the connection is reset at both ends.</summary>
    public static Fate Cut => new(FateKind.Cut);

    /// <summary>It waits until <see cref="KafkaProxy.Release"/>, and all behind it; a request arrives even if its client is gone by then.</summary>
    public static Fate Hold => new(FateKind.Hold);

    /// <summary>
    /// A Produce response arrives with this error of Kafka's instead of what the broker said: it has appended, and the client is told
    /// otherwise. Only for responses to Produce.
    /// </summary>
    public static Fate AnswerError(short error) => new(FateKind.AnswerError, Error: error);

    public static Fate After(TimeSpan delay) => new(FateKind.Delay, delay);
}
