namespace KafkaFs.MasterHost.Session;

/// <summary>Why this master must stop.</summary>
/// <param name="ExitCode">One of <see cref="Hosting.Lifetime.ExitCode"/>.</param>
/// <param name="Message">What was found, in words for a person.</param>
internal sealed record HostFailure(int ExitCode, string Message);
