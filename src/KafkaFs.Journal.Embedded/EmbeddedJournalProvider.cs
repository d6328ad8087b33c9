using KafkaFs.Journal.Contract;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace KafkaFs.Journal.Embedded;

/// <summary>A journal in one SQLite file, for trying KafkaFS, for tests, and for a second disk. Several processes may use it at once.</summary>
/// <param name="file">The file; its directory must exist. Beside it lie `-wal`, `-shm` and `.lock`.</param>
public sealed class EmbeddedJournalProvider(string file, ILogger logger) : IJournalProvider
{
    private readonly string _file = Path.GetFullPath(file);

    /// <inheritdoc/>
    public string Description => $"journal file '{_file}'";

    /// <inheritdoc/>
    public Task<IJournal> OpenAsync(bool createIfMissing, CancellationToken cancellationToken)
    {
        if (Directory.Exists(_file))
        {
            throw new JournalRefusedException(JournalRefusal.NotAJournal, $"'{_file}' is a directory, not a journal file");
        }

        if (!File.Exists(_file) && !createIfMissing)
        {
            throw new JournalRefusedException(JournalRefusal.Missing, $"journal file '{_file}' does not exist: start a master first, or correct the name");
        }

        if (!Directory.Exists(Path.GetDirectoryName(_file)))
        {
            throw new JournalRefusedException(JournalRefusal.Missing, $"the directory of journal file '{_file}' does not exist");
        }

        try
        {
            return Task.FromResult<IJournal>(Open());
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode == JournalFile.NotADatabase)
        {
            throw JournalFile.NotAJournal(_file, exception);
        }
        catch (SqliteException exception)
        {
            throw new JournalUnavailableException($"journal file '{_file}' cannot be opened: {exception.Message}", exception);
        }
    }

    private EmbeddedJournal Open()
    {
        using FileLock held = FileLock.Take(_file);
        string log = JournalFile.OpenOrCreate(_file);
        return new EmbeddedJournal(_file, new JournalIdentity("embedded", "", log), logger);
    }
}
