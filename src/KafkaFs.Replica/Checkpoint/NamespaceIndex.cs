using System.Text;
using System.Text.Json;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Namespace;
using Microsoft.Data.Sqlite;

namespace KafkaFs.Replica.Checkpoint;

/// <summary>
/// The namespace in an SQLite file, which is replaced as a whole. It is read and written while nothing else uses the state.
/// </summary>
public static partial class NamespaceIndex
{
    private const int ApplicationId = 0x4b46_7369;
    private const int FormatVersion = 1;

    private const string Schema = """
        CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE inodes (id INTEGER PRIMARY KEY, attributes BLOB NOT NULL, identity BLOB NOT NULL, target BLOB NOT NULL);
        CREATE TABLE entries (cookie INTEGER PRIMARY KEY, parent INTEGER NOT NULL, name BLOB NOT NULL, inode INTEGER NOT NULL);
        CREATE TABLE xattrs (inode INTEGER NOT NULL, name BLOB NOT NULL, value BLOB NOT NULL);
        CREATE TABLE sessions (id INTEGER PRIMARY KEY, state TEXT NOT NULL);
        CREATE TABLE masters (id TEXT PRIMARY KEY, run INTEGER NOT NULL);
        """;

    /// <summary>
    /// Writes the state to <paramref name="path"/>, in place of what is there, which is not looked at; durable when it returns, the
    /// former content untouched if it throws. Throws SqliteException and IOException where the machine refuses.
    /// </summary>
    public static void Save(string path, NamespaceState state, CheckpointHeader header)
    {
        string fresh = path + ".new";
        File.Delete(fresh);
        Write(fresh, state, header);
        Sync(fresh, OpenFlags.ReadOnly);
        // A journal that was left beside the former file must not be rolled back into the new one.
        File.Delete(path + "-journal");
        File.Move(fresh, path, overwrite: true);
        Sync(Path.GetDirectoryName(Path.GetFullPath(path))!, OpenFlags.ReadOnly | OpenFlags.Directory);
    }

    // No journal and no syncs of SQLite's: the file counts only when it is complete, synced and renamed.
    private static void Write(string path, NamespaceState state, CheckpointHeader header)
    {
        using SqliteConnection connection = Connect(path, SqliteOpenMode.ReadWriteCreate);
        Execute(connection, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;");
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

    private static IEnumerable<object[]> MetaRows(NamespaceState state, CheckpointHeader header) =>
    [
        ["header", JsonSerializer.Serialize(header)],
        ["totals", JsonSerializer.Serialize(state.Totals)],
    ];

    private static void Sync(string path, OpenFlags flags)
    {
        Errno errno = FileCalls.Open(null, Encoding.UTF8.GetBytes(path), flags, 0, out SafeFd fd);
        using (fd)
        {
            errno = errno != Errno.None ? errno : DescriptorCalls.Sync(fd);
        }

        if (errno != Errno.None)
        {
            throw new IOException($"'{path}' cannot be made durable: {errno}");
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
}
