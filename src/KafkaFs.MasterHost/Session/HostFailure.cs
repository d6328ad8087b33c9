namespace KafkaFs.MasterHost.Session;

/// <summary>Why this master must stop, in words for a person.</summary>
/// <param name="Message">What was found.</param>
/// <param name="Superseded">Another run of this master, or an operator, has closed the session.</param>
internal sealed record HostFailure(string Message, bool Superseded = false);
