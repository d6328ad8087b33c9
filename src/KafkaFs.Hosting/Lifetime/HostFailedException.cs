namespace KafkaFs.Hosting.Lifetime;

/// <summary>The host cannot go on: one message for a person, and the exit code.</summary>
public sealed class HostFailedException(int exitCode, string message) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}
