namespace KafkaFs.TestKit.Kafka.Proxy;

/// <summary>Where a frame goes.</summary>
public enum FrameDirection
{
    /// <summary>From the client to the broker.</summary>
    Request,

    /// <summary>From the broker to the client: what was asked for has been done.</summary>
    Response,
}
