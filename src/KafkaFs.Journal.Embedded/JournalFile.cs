using System.Security.Cryptography;
using KafkaFs.Journal.Check;
using KafkaFs.Journal.Contract;
using Microsoft.Data.Sqlite;

namespace KafkaFs.Journal.Embedded;

/// <summary>The format of the file: a table of records, and the UUID that tells this log from others.</summary>
internal static class JournalFile
{
    /// <summary>SQLITE_NOTADB.</summary>
    public const int NotADatabase = 26;

    private const int ApplicationId = 0x4b46_6a6c;

    // How long a command waits for another process, seconds.
    private const int BusyLimit = 5;
    private const int FormatVersion = 1;

    /// <summary>A connection of its own, which no pool shares.</summary>
    public static SqliteConnection Connect(string file, SqliteOpenMode mode)
    {
        SqliteConnection connection = new(new SqliteConnectionStringBuilder
        {
            DataSource = file,
            Mode = mode,
            Pooling = false,
            DefaultTimeout = BusyLimit,
        }.ToString());
        connection.Open();
        Execute(connection, "PRAGMA synchronous = FULL;");
        return connection;
    }

    /// <summary>Refuses a file that is neither a journal nor empty; changes nothing.</summary>
    public static void RefuseForeign(string file)
    {
        using SqliteConnection connection = Connect(file, SqliteOpenMode.ReadWrite);
        RefuseForeign(connection, file);
    }

    /// <summary>
    /// The log's UUID; a new or empty file becomes a journal first if <paramref name="createIfMissing"/>. Under the file's lock.
    /// </summary>
    public static string OpenOrCreate(string file, bool createIfMissing)
    {
        using SqliteConnection connection = Connect(file, createIfMissing ? SqliteOpenMode.ReadWriteCreate : SqliteOpenMode.ReadWrite);
        RefuseForeign(connection, file);
        if (IsEmpty(connection))
        {
            if (!createIfMissing)
            {
                throw Missing(file);
            }

            Create(connection);
        }

        long version = Scalar(connection, "PRAGMA user_version");
        if (version > FormatVersion)
        {
            throw new JournalRefusedException(
                JournalRefusal.FormatTooNew, $"journal file '{file}' has format {version}; this software knows {FormatVersion}: install a newer one");
        }

        return Id(connection);
    }

    /// <summary>Identity and bounds.</summary>
    public static LogFacts Look(SqliteConnection connection) => new()
    {
        Identity = new JournalIdentity("embedded", "", Id(connection)),
        Bounds = Bounds(connection),
    };

    /// <summary>The same with the records 0 and before <paramref name="next"/>, and where the log goes on from there.</summary>
    public static LogFacts Probe(SqliteConnection connection, long next)
    {
        LogFacts facts = Look(connection);
        JournalBounds bounds = facts.Bounds!.Value;
        return facts with
        {
            Origin = bounds is { First: 0, Next: > 0 } ? LogOrigin.Of(Record(connection, 0)) : null,
            TailHash = next > bounds.First && next <= bounds.Next ? Record(connection, next - 1) is byte[] tail ? SHA256.HashData(tail) : [] : null,
            NextFound = next >= bounds.First && next < bounds.Next ? Scalar(connection, $"SELECT min(offset) FROM records WHERE offset >= {next}") : null,
        };
    }

    /// <summary>A condition of the machine or of other processes, which may pass: busy, locked, out of memory, I/O, full, cannot open.</summary>
    public static bool IsPassing(SqliteException exception) => exception.SqliteErrorCode is 3 or 5 or 6 or 7 or 8 or 10 or 13 or 14 or 15;

    public static JournalRefusedException NotAJournal(string file, Exception? inner) =>
        new(JournalRefusal.NotAJournal, $"'{file}' is no journal file of KafkaFS: name another file, or one that does not exist yet", inner);

    public static JournalRefusedException Missing(string file) =>
        new(JournalRefusal.Missing, $"journal file '{file}' does not exist: start a master first, or correct the name");

    /// <summary>First and next offset.</summary>
    public static JournalBounds Bounds(SqliteConnection connection)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT coalesce(min(offset), 0), coalesce(max(offset) + 1, 0) FROM records";
        using SqliteDataReader row = command.ExecuteReader();
        row.Read();
        return new JournalBounds(row.GetInt64(0), row.GetInt64(1));
    }

    private static string Id(SqliteConnection connection)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT value FROM meta WHERE key = 'log'";
        return (string)command.ExecuteScalar()!;
    }

    private static byte[]? Record(SqliteConnection connection, long offset)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT bytes FROM records WHERE offset = $offset";
        command.Parameters.AddWithValue("$offset", offset);
        return command.ExecuteScalar() as byte[];
    }

    public static void Execute(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static void RefuseForeign(SqliteConnection connection, string file)
    {
        if (!IsEmpty(connection) && Scalar(connection, "PRAGMA application_id") != ApplicationId)
        {
            throw NotAJournal(file, null);
        }
    }

    // Also what a power loss leaves behind that comes between the switch to WAL and the commit of the first tables.
    private static bool IsEmpty(SqliteConnection connection) =>
        Scalar(connection, "PRAGMA application_id") == 0 && Scalar(connection, "SELECT count(*) FROM sqlite_master") == 0;

    private static void Create(SqliteConnection connection) => Execute(connection, $"""
        PRAGMA journal_mode = WAL;
        BEGIN IMMEDIATE;
        CREATE TABLE IF NOT EXISTS records (offset INTEGER PRIMARY KEY, append_time_ms INTEGER NOT NULL, bytes BLOB NOT NULL);
        CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        INSERT OR IGNORE INTO meta VALUES ('log', '{Guid.NewGuid()}');
        PRAGMA application_id = {ApplicationId};
        PRAGMA user_version = {FormatVersion};
        COMMIT;
        """);

    private static long Scalar(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }
}
