using System.Text;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Namespace;
using Microsoft.Data.Sqlite;

namespace KafkaFs.Replica.Checkpoint;

/// <summary>
/// The namespace in an SQLite file. The first checkpoint, which holds everything, is written beside the file and renamed over it; each
/// further one changes the rows that changed, in place, in one transaction. The connection stays open in between.
/// </summary>
/// <remarks>
/// In place it is journaled ahead (WAL): a large transaction needs one sync of the log, while a rollback journal would be synced
/// each time that the small page cache overflows. Syncs go to the file, its log and the folder of both, to nothing else. The lock is
/// exclusive, so that there is no mapped -shm file, whose pages a full disk could refuse with SIGBUS.
/// </remarks>
internal sealed partial class NamespaceIndex : ICheckpointStore, IDisposable
{
    private const int ApplicationId = 0x4b46_7369;
    private const int FormatVersion = 3;

    // 3 has the leader epoch in its header; it is written over 2 in place.
    private const int OldestFormatVersion = 2;

    private const string Schema = """
        CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE inodes (id INTEGER PRIMARY KEY, row BLOB NOT NULL);
        CREATE TABLE entries (cookie INTEGER PRIMARY KEY, row BLOB NOT NULL);
        CREATE TABLE xattrs (inode INTEGER PRIMARY KEY, row BLOB NOT NULL);
        CREATE TABLE sessions (id INTEGER PRIMARY KEY, state TEXT NOT NULL);
        CREATE TABLE masters (id TEXT PRIMARY KEY, run INTEGER NOT NULL) WITHOUT ROWID;
        """;

    private static readonly string[] s_logEndings = ["-journal", "-wal", "-shm"];

    private readonly string _path;
    private SqliteConnection? _connection;
    private IndexWriter? _writer;

    private NamespaceIndex(string path) => _path = path;

    /// <summary>The index at <paramref name="path"/>, which need not be there yet; nothing is looked at before the first call.</summary>
    public static NamespaceIndex Open(string path) => new(path);

    /// <inheritdoc/>
    public void Commit(NamespaceDelta delta, CheckpointHeader header)
    {
        if (header.NextOffset != delta.Totals.NextOffset || header.Horizon < header.NextOffset)
        {
            throw new ArgumentException($"The header stands at {header.NextOffset}..{header.Horizon}, the delta at {delta.Totals.NextOffset}.", nameof(header));
        }

        bool succeeded = false;
        try
        {
            if (delta.Since is long since)
            {
                Update(delta, header, since);
            }
            else
            {
                Replace(delta, header);
            }

            succeeded = true;
        }
        finally
        {
            if (!succeeded)
            {
                Close();
            }
        }
    }

    /// <inheritdoc/>
    public (NamespaceState State, CheckpointHeader Header)? Load()
    {
        Close();
        return IndexRefusal.IsThere(_path) ? Load(_path) : null;
    }

    /// <inheritdoc/>
    public void Dispose() => Close();

    private void Update(NamespaceDelta delta, CheckpointHeader header, long since)
    {
        _connection ??= Open(_path, SqliteOpenMode.ReadWrite);
        try
        {
            _writer ??= PrepareInPlace(_connection);
            Execute(_connection, "BEGIN IMMEDIATE");
            VerifyPosition(_connection, since, header.NextOffset);
            _writer.Write(delta, header);
            Execute(_connection, "COMMIT");
            ApplyLog(_connection, _path);
        }
        catch (SqliteException exception) when (IndexRefusal.MayPass(exception, _connection, _path))
        {
            throw IndexRefusal.NoRoom(_path, exception);
        }
    }

    private IndexWriter PrepareInPlace(SqliteConnection connection)
    {
        Prepare(connection);
        CheckFormat(connection, _path);
        Execute(connection, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;");
        if (Version(connection) != FormatVersion)
        {
            Execute(connection, $"PRAGMA user_version = {FormatVersion}");
        }

        return new IndexWriter(connection);
    }

    // A delta on top of any other state would be damage that no later check of rows could find. Its own position: the retry of a commit.
    private static void VerifyPosition(SqliteConnection connection, long since, long position)
    {
        CheckpointHeader former = Meta<CheckpointHeader>(connection, "header");
        if (former.NextOffset != since && former.NextOffset != position)
        {
            throw new InvalidOperationException($"A delta since {since} does not fit an index at {former.NextOffset}.");
        }
    }

    // The checkpoint is durable in the log already; what does not fit the file now is tried again with the next one.
    private static void ApplyLog(SqliteConnection connection, string path)
    {
        try
        {
            Execute(connection, "PRAGMA wal_checkpoint(PASSIVE)");
        }
        catch (SqliteException exception) when (IndexRefusal.MayPass(exception, connection, path))
        {
        }
    }

    private void Replace(NamespaceDelta delta, CheckpointHeader header)
    {
        Close();
        string fresh = _path + ".new";
        bool succeeded = false;
        try
        {
            IndexRefusal.Check(FileCalls.Unlink(null, Bytes(fresh)), "remove", fresh, passed: Errno.ENOENT);
            IndexRefusal.Check(FileCalls.Open(null, Bytes(fresh), OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, 0x180, out SafeFd made), "create", fresh);
            made.Dispose();
            WriteFresh(fresh, delta, header);
            Sync(fresh, OpenFlags.ReadOnly);
            DropLogs();
            IndexRefusal.Check(FileCalls.Rename(null, Bytes(fresh), null, Bytes(_path), 0), "rename", fresh);
            Sync(Path.GetDirectoryName(Path.GetFullPath(_path))!, OpenFlags.ReadOnly | OpenFlags.Directory);
            succeeded = true;
        }
        finally
        {
            if (!succeeded)
            {
                // Whatever comes of it: the next attempt removes it first.
                FileCalls.Unlink(null, Bytes(fresh));
            }
        }
    }

    // No journal and no syncs of SQLite's: the file counts only when it is complete, synced and renamed.
    private static void WriteFresh(string path, NamespaceDelta delta, CheckpointHeader header)
    {
        using SqliteConnection connection = Connect(path, SqliteOpenMode.ReadWrite);
        try
        {
            Execute(connection, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;");
            Execute(connection, Schema);
            Execute(connection, $"PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {FormatVersion};");
            using IndexWriter writer = new(connection);
            writer.Write(delta, header);
            Execute(connection, "COMMIT");
        }
        catch (SqliteException exception) when (IndexRefusal.MayPass(exception, connection, path))
        {
            throw IndexRefusal.NoRoom(path, exception);
        }
    }

    // A log left beside the former file must not be taken for one of the new file; opening makes it part of the former one, so that a
    // crash before the rename finds that whole.
    private void DropLogs()
    {
        string[] logs = [.. s_logEndings.Select(ending => _path + ending).Where(IndexRefusal.IsThere)];
        if (logs.Length == 0)
        {
            return;
        }

        try
        {
            using SqliteConnection former = Connect(_path, SqliteOpenMode.ReadWrite);
            CheckFormat(former, _path);
        }
        catch (SqliteException exception) when (!IndexRefusal.IsMachines(exception) || !IndexRefusal.IsThere(_path))
        {
            // Damaged already, or gone: nothing that could be kept.
        }
        catch (CheckpointException)
        {
            // The same, or of a format that is not used any more.
        }

        foreach (string log in logs)
        {
            IndexRefusal.Check(FileCalls.Unlink(null, Bytes(log)), "remove", log, passed: Errno.ENOENT);
        }
    }

    private static void Sync(string path, OpenFlags flags)
    {
        Errno errno = FileCalls.Open(null, Bytes(path), flags, 0, out SafeFd fd);
        using (fd)
        {
            IndexRefusal.Check(errno != Errno.None ? errno : DescriptorCalls.Sync(fd), "sync", path);
        }
    }

    private void Close()
    {
        _writer?.Dispose();
        _connection?.Dispose();
        (_writer, _connection) = (null, null);
    }

    private static SqliteConnection Connect(string path, SqliteOpenMode mode)
    {
        SqliteConnection connection = Open(path, mode);
        bool succeeded = false;
        try
        {
            Prepare(connection);
            succeeded = true;
            return connection;
        }
        finally
        {
            if (!succeeded)
            {
                connection.Dispose();
            }
        }
    }

    private static SqliteConnection Open(string path, SqliteOpenMode mode)
    {
        SqliteConnection connection = new(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }

    // The first statement that reads the file, and with it a log that was left.
    private static void Prepare(SqliteConnection connection) => Execute(connection, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -2048;");

    private static byte[] Bytes(string path) => Encoding.UTF8.GetBytes(path);

    private static void Execute(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
