using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Checkpoint;
using KafkaFs.Replica.Tree;
using Microsoft.Data.Sqlite;

namespace KafkaFs.Hosting.Lifetime;

/// <summary>From what ended a host to an exit code and one message.</summary>
public static class FailureReport
{
    /// <summary>The exit code and the words; null words mean that the exception itself belongs into the log.</summary>
    public static (int ExitCode, string? Words) Describe(Exception exception) => exception switch
    {
        HostFailedException failed => (failed.ExitCode, failed.Message),
        JournalUnavailableException => (ExitCode.JournalUnavailable, exception.Message),
        JournalRefusedException { Refusal: JournalRefusal.Forbidden } => (ExitCode.JournalForbidden, exception.Message),
        JournalRefusedException => (ExitCode.JournalRefused, exception.Message),
        DataRootException => (ExitCode.DataRootUnusable, exception.Message),
        CheckpointException => (ExitCode.CheckpointUnusable, exception.Message),
        Configuration.SettingsException => (ExitCode.Configuration, exception.Message),
        IOException or UnauthorizedAccessException => (ExitCode.DataRootUnusable, MachineRefuses(exception)),
        SqliteException sqlite when IsMachines(sqlite) => (ExitCode.DataRootUnusable, MachineRefuses(exception)),
        _ => (ExitCode.Internal, null),
    };

    private static string MachineRefuses(Exception exception) =>
        $"this machine does not let the replica keep its state: {exception.Message.TrimEnd('.')}; see to the disk (full? read-only? failing?) and start again";

    // SQLITE_PERM, _READONLY, _IOERR, _FULL, _CANTOPEN; the rest are mistakes of ours, or a damaged file.
    private static bool IsMachines(SqliteException exception) => exception.SqliteErrorCode is 3 or 8 or 10 or 13 or 14;
}
