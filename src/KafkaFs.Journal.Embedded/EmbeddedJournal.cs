using KafkaFs.Journal.Check;
using KafkaFs.Journal.Contract;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace KafkaFs.Journal.Embedded;

/// <summary>An open journal file.</summary>
/// <param name="acceptedGap">Offsets that the file lacks and readers go past.</param>
internal sealed class EmbeddedJournal(string file, JournalIdentity identity, OffsetGap? acceptedGap, ILogger logger) : IJournal
{
    /// <summary>Longest record, bytes.</summary>
    public const int MaxBytes = 8 * 1024 * 1024;

    // Appenders and readers keep the file that they have opened, whatever its path leads to later.
    private readonly (ulong Device, ulong Inode)? _opened = FileIdentity.Of(file);
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

    /// <summary>Offsets that readers may go past.</summary>
    public OffsetGap? AcceptedGap { get; } = acceptedGap;

    /// <inheritdoc/>
    public LogFacts Look(CancellationToken stop) => Ask(JournalFile.Look);

    /// <inheritdoc/>
    public LogFacts Probe(long next, CancellationToken stop) => Ask(connection => JournalFile.Probe(connection, next));

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

    private LogFacts Ask(Func<SqliteConnection, LogFacts> look)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        LogFacts facts = new() { Log = $"journal file '{file}'" };
        if (FileIdentity.Of(file) is not { } found)
        {
            return facts with { Exists = false };
        }

        try
        {
            using SqliteConnection connection = JournalFile.Connect(file, SqliteOpenMode.ReadWrite);
            return look(connection) with { Log = facts.Log, PartitionCount = 1, MaxRecordBytes = MaxBytes, IsFileReplaced = found != _opened };
        }
        catch (SqliteException exception) when (!JournalFile.IsPassing(exception))
        {
            return facts with { IsFileReplaced = true };
        }
        catch (SqliteException exception)
        {
            throw new JournalUnavailableException($"{facts.Log} cannot be read: {exception.Message}", exception);
        }
    }
}
