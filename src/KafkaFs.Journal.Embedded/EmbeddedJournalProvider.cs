using KafkaFs.Journal.Check;
using KafkaFs.Journal.Contract;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace KafkaFs.Journal.Embedded;

/// <summary>A journal in one SQLite file, for trying KafkaFS, for tests, and for a second disk. Several processes may use it at once.</summary>
/// <param name="file">The file; its directory must exist. Beside it lie `-wal`, `-shm` and `.lock`.</param>
/// <param name="acceptedGap">Offsets that the file lacks and readers go past, or null.</param>
public sealed class EmbeddedJournalProvider(string file, ILogger logger, OffsetGap? acceptedGap = null) : IJournalProvider
{
    private static readonly TimeSpan s_lockLimit = TimeSpan.FromSeconds(10);

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
            throw JournalFile.Missing(_file);
        }

        if (!Directory.Exists(Path.GetDirectoryName(_file)))
        {
            throw new JournalRefusedException(JournalRefusal.Missing, $"the directory of journal file '{_file}' does not exist");
        }

        try
        {
            return Task.FromResult<IJournal>(Open(createIfMissing));
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

    private EmbeddedJournal Open(bool createIfMissing)
    {
        // Before there is a lock file: nothing is left beside a file that is not ours.
        if (File.Exists(_file))
        {
            JournalFile.RefuseForeign(_file);
        }

        using FileLock held = FileLock.Take(_file, s_lockLimit);
        string log = JournalFile.OpenOrCreate(_file, createIfMissing);
        return new EmbeddedJournal(_file, new JournalIdentity("embedded", "", log), acceptedGap, logger);
    }
}
