using KafkaFs.Journal.Contract;
using Microsoft.Data.Sqlite;

namespace KafkaFs.Journal.Embedded;

/// <summary>The format of the file: a table of records, and the UUID that tells this log from others.</summary>
internal static class JournalFile
{
    /// <summary>SQLITE_NOTADB.</summary>
    public const int NotADatabase = 26;

    private const int ApplicationId = 0x4b46_6a6c;
    private const int FormatVersion = 1;

    /// <summary>A connection of its own, which no pool shares.</summary>
    public static SqliteConnection Connect(string file, SqliteOpenMode mode)
    {
        SqliteConnection connection = new(new SqliteConnectionStringBuilder
        {
            DataSource = file,
            Mode = mode,
            Pooling = false,
            DefaultTimeout = 30,
        }.ToString());
        connection.Open();
        Execute(connection, "PRAGMA synchronous = FULL;");
        return connection;
    }

    /// <summary>The log's UUID; a new or empty file becomes a journal first. Under the file's lock.</summary>
    public static string OpenOrCreate(string file)
    {
        bool fresh = !File.Exists(file) || new FileInfo(file).Length == 0;
        using SqliteConnection connection = Connect(file, SqliteOpenMode.ReadWriteCreate);
        if (fresh)
        {
            Create(connection);
        }

        if (Scalar(connection, "PRAGMA application_id") != ApplicationId)
        {
            throw NotAJournal(file, null);
        }

        long version = Scalar(connection, "PRAGMA user_version");
        if (version > FormatVersion)
        {
            throw new JournalRefusedException(
                JournalRefusal.FormatTooNew, $"journal file '{file}' has format {version}; this software knows {FormatVersion}: install a newer one");
        }

        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT value FROM meta WHERE key = 'log'";
        return (string)command.ExecuteScalar()!;
    }

    public static JournalRefusedException NotAJournal(string file, Exception? inner) =>
        new(JournalRefusal.NotAJournal, $"'{file}' is no journal file of KafkaFS: name another file, or one that does not exist yet", inner);

    /// <summary>First and next offset.</summary>
    public static JournalBounds Bounds(SqliteConnection connection)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT coalesce(min(offset), 0), coalesce(max(offset) + 1, 0) FROM records";
        using SqliteDataReader row = command.ExecuteReader();
        row.Read();
        return new JournalBounds(row.GetInt64(0), row.GetInt64(1));
    }

    public static void Execute(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

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
