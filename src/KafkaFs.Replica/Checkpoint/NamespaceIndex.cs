using System.Text.Json;
using KafkaFs.Journal;
using KafkaFs.Replica.Namespace;
using Microsoft.Data.Sqlite;

namespace KafkaFs.Replica.Checkpoint;

/// <summary>
/// The namespace in an SQLite file, written whole in one durable transaction. It is read and written while nothing else uses the
/// state.
/// </summary>
public static class NamespaceIndex
{
    private const int ApplicationId = 0x4b46_7369;
    private const int FormatVersion = 1;

    private const string Schema = """
        DROP TABLE IF EXISTS meta; DROP TABLE IF EXISTS inodes; DROP TABLE IF EXISTS entries; DROP TABLE IF EXISTS xattrs;
        DROP TABLE IF EXISTS sessions; DROP TABLE IF EXISTS masters;
        CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE inodes (id INTEGER PRIMARY KEY, attributes BLOB NOT NULL, identity BLOB NOT NULL, target BLOB NOT NULL);
        CREATE TABLE entries (cookie INTEGER PRIMARY KEY, parent INTEGER NOT NULL, name BLOB NOT NULL, inode INTEGER NOT NULL);
        CREATE TABLE xattrs (inode INTEGER NOT NULL, name BLOB NOT NULL, value BLOB NOT NULL);
        CREATE TABLE sessions (id INTEGER PRIMARY KEY, state TEXT NOT NULL);
        CREATE TABLE masters (id TEXT PRIMARY KEY, run INTEGER NOT NULL);
        """;

    /// <summary>Writes the state to <paramref name="path"/>; durable when it returns, the former content untouched if it throws.</summary>
    public static void Save(string path, NamespaceState state, CheckpointHeader header)
    {
        using SqliteConnection connection = Connect(path, SqliteOpenMode.ReadWriteCreate);
        Execute(connection, "PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL;");
        using SqliteTransaction transaction = connection.BeginTransaction();
        Execute(connection, Schema);
        Execute(connection, $"PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {FormatVersion};");
        Insert(connection, "INSERT INTO meta VALUES ($0, $1)", MetaRows(state, header));
        Insert(connection, "INSERT INTO inodes VALUES ($0, $1, $2, $3)", state.InodeRows().Select(row =>
            new object[] { (long)row.Inode.Value, InodeBlob.Write(row.Attributes, row.Birth), row.Identity, row.Target }));
        Insert(connection, "INSERT INTO entries VALUES ($0, $1, $2, $3)", state.EntryRows().Select(row =>
            new object[] { row.Cookie, (long)row.Parent.Value, row.Name, (long)row.Inode.Value }));
        Insert(connection, "INSERT INTO xattrs VALUES ($0, $1, $2)", state.XattrRows().Select(row =>
            new object[] { (long)row.Inode.Value, row.Name, row.Value }));
        Insert(connection, "INSERT INTO sessions VALUES ($0, $1)", state.Sessions.Select(pair =>
            new object[] { (long)pair.Key.Number, JsonSerializer.Serialize(pair.Value) }));
        Insert(connection, "INSERT INTO masters VALUES ($0, $1)", state.LastRuns.Select(pair =>
            new object[] { pair.Key.ToString(), (long)pair.Value }));
        transaction.Commit();
    }

    /// <summary>The state that was saved; <see cref="CheckpointException"/> says what is wrong with a file that cannot be used.</summary>
    public static (NamespaceState State, CheckpointHeader Header) Load(string path)
    {
        try
        {
            using SqliteConnection connection = Connect(path, SqliteOpenMode.ReadOnly);
            CheckFormat(connection, path);
            return Read(connection);
        }
        catch (SqliteException exception)
        {
            throw new CheckpointException($"'{path}' cannot be read as a KafkaFS index: {exception.Message}", exception);
        }
    }

    private static (NamespaceState State, CheckpointHeader Header) Read(SqliteConnection connection)
    {
        Dictionary<string, string> meta = Query(connection, "SELECT key, value FROM meta", row => (row.GetString(0), row.GetString(1)))
            .ToDictionary();
        NamespaceState state = new() { Totals = JsonSerializer.Deserialize<NamespaceTotals>(meta["totals"])! };
        foreach (InodeRow row in Query(connection, "SELECT * FROM inodes ORDER BY id", ReadInode))
        {
            state.Restore(row);
        }

        foreach (EntryRow row in Query(connection, "SELECT * FROM entries ORDER BY cookie", ReadEntry))
        {
            state.Restore(row);
        }

        foreach (XattrRow row in Query(connection, "SELECT * FROM xattrs ORDER BY rowid DESC", ReadXattr))
        {
            state.Restore(row);
        }

        foreach ((long id, string session) in Query(connection, "SELECT * FROM sessions", row => (row.GetInt64(0), row.GetString(1))))
        {
            state.Restore(new SessionId((uint)id), JsonSerializer.Deserialize<SessionState>(session));
        }

        foreach ((string master, long run) in Query(connection, "SELECT * FROM masters", row => (row.GetString(0), row.GetInt64(1))))
        {
            state.Restore(Guid.Parse(master), (ulong)run);
        }

        return (state, JsonSerializer.Deserialize<CheckpointHeader>(meta["header"])!);
    }

    private static InodeRow ReadInode(SqliteDataReader row)
    {
        (InodeAttributes attributes, long birth) = InodeBlob.Read(row.GetFieldValue<byte[]>(1));
        return new InodeRow(Id(row, 0), attributes, birth, row.GetFieldValue<byte[]>(2), row.GetFieldValue<byte[]>(3));
    }

    private static EntryRow ReadEntry(SqliteDataReader row) =>
        new(Id(row, 1), row.GetFieldValue<byte[]>(2), Id(row, 3), row.GetInt64(0));

    private static XattrRow ReadXattr(SqliteDataReader row) => new(Id(row, 0), row.GetFieldValue<byte[]>(1), row.GetFieldValue<byte[]>(2));

    private static FileId Id(SqliteDataReader row, int column) => new((ulong)row.GetInt64(column));

    private static IEnumerable<object[]> MetaRows(NamespaceState state, CheckpointHeader header) =>
    [
        ["header", JsonSerializer.Serialize(header)],
        ["totals", JsonSerializer.Serialize(state.Totals)],
    ];

    private static void CheckFormat(SqliteConnection connection, string path)
    {
        long application = Scalar(connection, "PRAGMA application_id");
        long version = Scalar(connection, "PRAGMA user_version");
        if (application != ApplicationId)
        {
            throw new CheckpointException($"'{path}' is no KafkaFS index");
        }

        if (version > FormatVersion)
        {
            throw new CheckpointException($"'{path}' has index format {version}; this software knows {FormatVersion}: install a newer one");
        }
    }

    private static SqliteConnection Connect(string path, SqliteOpenMode mode)
    {
        SqliteConnection connection = new(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static long Scalar(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }

    private static void Insert(SqliteConnection connection, string sql, IEnumerable<object[]> rows)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (object[] row in rows)
        {
            for (int column = 0; column < row.Length; column++)
            {
                if (command.Parameters.Count <= column)
                {
                    command.Parameters.Add(new SqliteParameter($"${column}", null));
                }

                command.Parameters[column].Value = row[column];
            }

            command.ExecuteNonQuery();
        }
    }

    private static IEnumerable<T> Query<T>(SqliteConnection connection, string sql, Func<SqliteDataReader, T> read)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        using SqliteDataReader reader = command.ExecuteReader();
        while (reader.Read())
        {
            yield return read(reader);
        }
    }
}
