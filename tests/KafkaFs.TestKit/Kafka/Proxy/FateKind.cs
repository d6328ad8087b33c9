namespace KafkaFs.TestKit.Kafka.Proxy;

/// <summary>See <see cref="Fate"/>.</summary>
public enum FateKind
{
    Pass,
    Delay,
    Swallow,
    Hang,
    Hold,
    Cut,
    AnswerError,
}
