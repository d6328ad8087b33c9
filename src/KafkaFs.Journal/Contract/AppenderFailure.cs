namespace KafkaFs.Journal.Contract;

/// <summary>Why an appender is of no use any more, by what has to be done about it.</summary>
public enum AppenderFailure
{
    /// <summary>A right or the credentials are missing: another appender helps once somebody has granted them.</summary>
    Forbidden,

    /// <summary>The log may be shortened, restored or gone: another appender only once the log is known to be ours.</summary>
    LogInDoubt,

    /// <summary>The client has failed for itself: another one will do.</summary>
    Client,

    /// <summary>The listener threw, so that a report is lost: a broken invariant, which no other appender mends.</summary>
    Listener,
}
