namespace KafkaFs.Hosting.Status;

/// <summary>What a host is doing.</summary>
public enum HostState
{
    /// <summary>Opening journal and data root.</summary>
    Starting,

    /// <summary>Applying what the journal holds already.</summary>
    CatchingUp,

    /// <summary>Following the journal; a master is mounted.</summary>
    Ready,

    /// <summary>Waiting for something that is away (journal, disk), and going on by itself when it is back.</summary>
    Stalled,

    /// <summary>Ended by something that only an operator can mend.</summary>
    Refused,

    /// <summary>Stopping.</summary>
    Stopping,
}
