namespace KafkaFs.MasterHost.Session;

/// <summary>Why this master must stop, in words for a person.</summary>
/// <param name="Message">What was found.</param>
/// <param name="Superseded">Another run of this master, or an operator, has closed the session.</param>
/// <param name="Restartable">Starting again is right: the journal's client is of no use any more.</param>
internal sealed record HostFailure(string Message, bool Superseded = false, bool Restartable = false);
