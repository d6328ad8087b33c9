using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Namespace;
using Microsoft.Data.Sqlite;

namespace KafkaFs.Replica.Checkpoint;

/// <summary>The reading half: nothing of the file is believed before it is looked at, so that damage has words and never breaks the state.</summary>
internal sealed partial class NamespaceIndex
{
    private const int MinRowBytes = 16;

    private static readonly JsonSerializerOptions s_strict = new()
    {
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>
    /// The state that was saved. <see cref="CheckpointException"/> says what is wrong with a file that cannot be used;
    /// <see cref="JournalRefusedException"/> (FormatTooNew) that the state's format level is above <see cref="ChangeCodec.Level"/>. What
    /// this machine refuses says nothing of the file: it is thrown as SqliteException or IOException.
    /// </summary>
    public static (NamespaceState State, CheckpointHeader Header) Load(string path)
    {
        if (!IndexRefusal.IsThere(path))
        {
            throw new CheckpointException($"there is no KafkaFS index at '{path}'");
        }

        try
        {
            using SqliteConnection connection = Connect(path, SqliteOpenMode.ReadWrite);
            CheckFormat(connection, path);
            return Read(connection);
        }
        catch (SqliteException exception) when (!IndexRefusal.IsMachines(exception))
        {
            throw new CheckpointException($"'{path}' cannot be read as a KafkaFS index: {exception.Message}", exception);
        }
        catch (JsonException exception)
        {
            throw new CheckpointException($"'{path}' is damaged: {exception.Message}", exception);
        }
    }

    private static void CheckFormat(SqliteConnection connection, string path)
    {
        long application = Query(connection, "PRAGMA application_id", row => Column<long>(row, 0)).Single();
        long version = Version(connection);
        if (application != ApplicationId || version < 1)
        {
            throw new CheckpointException($"'{path}' is no KafkaFS index");
        }

        if (version > FormatVersion)
        {
            throw new CheckpointException($"'{path}' has index format {version}; this software knows {FormatVersion}: install a newer one");
        }

        if (version < OldestFormatVersion)
        {
            throw new CheckpointException(
                $"'{path}' has index format {version}, which only alpha versions wrote; this software knows {OldestFormatVersion} to {FormatVersion}: build the replica anew in an empty data root");
        }
    }

    private static long Version(SqliteConnection connection) => Query(connection, "PRAGMA user_version", row => Column<long>(row, 0)).Single();

    private static (NamespaceState State, CheckpointHeader Header) Read(SqliteConnection connection)
    {
        CheckpointHeader header = Meta<CheckpointHeader>(connection, "header");
        NamespaceTotals totals = Meta<NamespaceTotals>(connection, "totals");
        CheckTotals(totals, header);
        CheckCounts(connection, totals);
        NamespaceState state = new();
        state.Restore(totals);
        Restore(connection, "SELECT id, row FROM inodes ORDER BY id", NamespaceTable.Inodes, state);
        Restore(connection, "SELECT cookie, row FROM entries ORDER BY cookie", NamespaceTable.Entries, state);
        Restore(connection, "SELECT inode, row FROM xattrs ORDER BY inode", NamespaceTable.Xattrs, state);
        Restore(connection, "SELECT id, state FROM sessions", ReadSession, state.TryRestore);
        Restore(connection, "SELECT id, run FROM masters", ReadMaster, state.TryRestore);
        if (state.FirstWrongCount() is FileId inode)
        {
            throw Damaged($"the names of inode {inode} are not as many as it counts");
        }

        if (state.Totals != totals)
        {
            throw Damaged($"it holds {state.InodeCount} inodes and {state.EntryCount} entries, and {totals.Inodes} and {totals.Entries} were written");
        }

        CheckHash(connection, state);
        return (state, header);
    }

    private static void CheckTotals(NamespaceTotals totals, CheckpointHeader header)
    {
        if (totals.Level > ChangeCodec.Level)
        {
            throw new JournalRefusedException(
                JournalRefusal.FormatTooNew,
                $"the checkpoint stands at format level {totals.Level} of the journal; this software knows level {ChangeCodec.Level}: install a newer one");
        }

        if (totals.NextOffset != header.NextOffset || header.Horizon < header.NextOffset || totals.NextOffset < 0 || (totals.IsCreated && !Evaluation.AreLimits(totals.Limits)))
        {
            throw Damaged("its totals contradict each other");
        }
    }

    // Memory is taken by these counts before the rows are there.
    private static void CheckCounts(SqliteConnection connection, NamespaceTotals totals)
    {
        long bytes = Query(connection, "PRAGMA page_count", row => Column<long>(row, 0)).Single()
            * Query(connection, "PRAGMA page_size", row => Column<long>(row, 0)).Single();
        if (totals.Inodes < 0 || totals.Entries < 0 || ((long)totals.Inodes + totals.Entries) * MinRowBytes > bytes)
        {
            throw Damaged($"its totals name {totals.Inodes} inodes and {totals.Entries} entries, more than its {bytes} bytes can hold");
        }
    }

    // Each row may be sound and all the same not be the one that was written.
    private static void CheckHash(SqliteConnection connection, NamespaceState state)
    {
        string hash = state.StateHash.ToString("x32", CultureInfo.InvariantCulture);
        if (Meta(connection, "state-hash") is string written && written != hash)
        {
            throw Damaged($"its state hash is {hash}, and {written} was written");
        }
    }

    private static void Restore(SqliteConnection connection, string sql, NamespaceTable table, NamespaceState state)
    {
        using IndexStatement rows = new(connection, sql);
        while (rows.Step())
        {
            long key = rows.Integer(0);
            ReadOnlySpan<byte> row = rows.Blob(1);
            if (!state.TryRestore(table, key, row))
            {
                throw Damaged($"row {key} of {table}, {row.Length} bytes, does not fit the rest");
            }
        }
    }

    private static void Restore<T>(SqliteConnection connection, string sql, Func<SqliteDataReader, T> read, Func<T, bool> tryRestore)
    {
        foreach (T row in Query(connection, sql, read))
        {
            if (!tryRestore(row))
            {
                throw Damaged($"it holds {row}, which does not fit the rest");
            }
        }
    }

    private static SessionRow ReadSession(SqliteDataReader row) =>
        new(Column<long>(row, 0), JsonSerializer.Deserialize<SessionState>(Column<string>(row, 1), s_strict));

    private static MasterRow ReadMaster(SqliteDataReader row) => Guid.TryParse(Column<string>(row, 0), out Guid master)
        ? new MasterRow(master, (ulong)Column<long>(row, 1))
        : throw Damaged("a master's UUID is none");

    private static T Meta<T>(SqliteConnection connection, string key)
        where T : class =>
        JsonSerializer.Deserialize<T>(Meta(connection, key), s_strict) ?? throw Damaged($"its {key} is empty");

    private static string Meta(SqliteConnection connection, string key) =>
        Query(connection, $"SELECT value FROM meta WHERE key = '{key}'", row => Column<string>(row, 0)).SingleOrDefault()
            ?? throw Damaged($"its {key} is missing");

    // SQLite keeps a value's type with the value, whatever the table says.
    private static T Column<T>(SqliteDataReader row, int column) => row.GetValue(column) is T value
        ? value
        : throw Damaged($"its column {row.GetName(column)} holds no {typeof(T).Name}");

    private static CheckpointException Damaged(string what) => new($"the index is damaged: {what}");

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
