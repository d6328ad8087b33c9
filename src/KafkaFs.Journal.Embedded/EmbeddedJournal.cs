using KafkaFs.Journal.Contract;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace KafkaFs.Journal.Embedded;

/// <summary>An open journal file.</summary>
internal sealed class EmbeddedJournal(string file, JournalIdentity identity, ILogger logger) : IJournal
{
    /// <summary>Longest record, bytes.</summary>
    public const int MaxBytes = 8 * 1024 * 1024;

    private volatile bool _disposed;

    /// <inheritdoc/>
    public JournalIdentity Identity { get; } = identity;

    /// <inheritdoc/>
    public int PartitionCount => 1;

    /// <inheritdoc/>
    public int MaxRecordBytes => MaxBytes;

    /// <inheritdoc/>
    public string? Trouble => AppendTrouble ?? ReadTrouble;

    /// <summary>Why the last commit failed; set by the appender.</summary>
    public string? AppendTrouble { get; set; }

    /// <summary>Why nothing can be read; set by readers.</summary>
    public string? ReadTrouble { get; set; }

    /// <inheritdoc/>
    public JournalBounds QueryBounds(int partition, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!File.Exists(file))
        {
            throw new JournalRefusedException(JournalRefusal.Missing, $"journal file '{file}' does not exist any more");
        }

        try
        {
            using SqliteConnection connection = JournalFile.Connect(file, SqliteOpenMode.ReadWrite);
            return JournalFile.Bounds(connection);
        }
        catch (SqliteException exception)
        {
            throw new JournalUnavailableException($"journal file '{file}' cannot be read: {exception.Message}", exception);
        }
    }

    /// <inheritdoc/>
    public IJournalAppender OpenAppender(int partition, IAppendListener listener) => new EmbeddedAppender(file, this, listener, logger);

    /// <inheritdoc/>
    public IJournalReader OpenReader(int partition, long from) => new EmbeddedReader(file, from, this);

    /// <summary>Appenders and readers have connections of their own and are disposed by who opened them.</summary>
    public void Dispose() => _disposed = true;
}
