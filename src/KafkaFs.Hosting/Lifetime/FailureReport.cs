using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Checkpoint;
using KafkaFs.Replica.Tree;

namespace KafkaFs.Hosting.Lifetime;

/// <summary>From what ended a host to an exit code and one message.</summary>
public static class FailureReport
{
    /// <summary>The exit code and the words; null words mean that the exception itself belongs into the log.</summary>
    public static (int ExitCode, string? Words) Describe(Exception exception) => exception switch
    {
        HostFailedException failed => (failed.ExitCode, failed.Message),
        JournalUnavailableException => (ExitCode.JournalUnavailable, exception.Message),
        JournalRefusedException => (ExitCode.JournalRefused, exception.Message),
        DataRootException => (ExitCode.DataRootUnusable, exception.Message),
        CheckpointException => (ExitCode.CheckpointUnusable, exception.Message),
        Configuration.SettingsException => (ExitCode.Configuration, exception.Message),
        _ => (ExitCode.Internal, null),
    };
}
