namespace KafkaFs.Hosting.Status;

/// <summary>A state with its words, and since when.</summary>
internal sealed record HostCondition(HostState State, string Words, DateTimeOffset Since)
{
    /// <summary>What ends a host is not taken back: a stop by nothing but a failure, a failure by nothing.</summary>
    public bool MayBecome(HostState next) => State switch
    {
        HostState.Refused => false,
        HostState.Stopping => next is HostState.Stopping or HostState.Refused,
        _ => true,
    };
}
