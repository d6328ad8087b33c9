using System.Text.Json;
using System.Text.Json.Serialization;
using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Namespace;
using Microsoft.Data.Sqlite;

namespace KafkaFs.Replica.Checkpoint;

/// <summary>The reading half: nothing of the file is believed before it is looked at, so that damage has words and never breaks the state.</summary>
public static partial class NamespaceIndex
{
    private static readonly JsonSerializerOptions s_strict = new()
    {
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>
    /// The state that was saved. <see cref="CheckpointException"/> says what is wrong with a file that cannot be used;
    /// <see cref="JournalRefusedException"/> (FormatTooNew) that the state's format level is above <see cref="ChangeCodec.Level"/>.
    /// </summary>
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
        catch (JsonException exception)
        {
            throw new CheckpointException($"'{path}' is damaged: {exception.Message}", exception);
        }
    }

    private static void CheckFormat(SqliteConnection connection, string path)
    {
        long application = Query(connection, "PRAGMA application_id", row => Column<long>(row, 0)).Single();
        long version = Query(connection, "PRAGMA user_version", row => Column<long>(row, 0)).Single();
        if (application != ApplicationId || version < 1)
        {
            throw new CheckpointException($"'{path}' is no KafkaFS index");
        }

        if (version > FormatVersion)
        {
            throw new CheckpointException($"'{path}' has index format {version}; this software knows {FormatVersion}: install a newer one");
        }
    }

    private static (NamespaceState State, CheckpointHeader Header) Read(SqliteConnection connection)
    {
        CheckpointHeader header = Meta<CheckpointHeader>(connection, "header");
        NamespaceTotals totals = Meta<NamespaceTotals>(connection, "totals");
        CheckTotals(totals, header);
        NamespaceState state = new() { Totals = totals };
        Restore(connection, "SELECT id, attributes, identity, target FROM inodes ORDER BY id", ReadInode, state.TryRestore);
        Restore(connection, "SELECT cookie, parent, name, inode FROM entries ORDER BY cookie", ReadEntry, state.TryRestore);
        Restore(connection, "SELECT inode, name, value FROM xattrs ORDER BY rowid DESC", ReadXattr, state.TryRestore);
        Restore(connection, "SELECT id, state FROM sessions", ReadSession, state.TryRestore);
        Restore(connection, "SELECT id, run FROM masters", ReadMaster, state.TryRestore);
        if (state.FirstWrongCount() is FileId inode)
        {
            throw Damaged($"the names of inode {inode} are not as many as it counts");
        }

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

        if (totals.NextOffset != header.NextOffset || totals.NextOffset < 0 || (totals.IsCreated && !Evaluation.AreLimits(totals.Limits)))
        {
            throw Damaged("its totals contradict each other");
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

    private static InodeRow ReadInode(SqliteDataReader row)
    {
        (InodeAttributes attributes, long birth) = InodeBlob.Read(Column<byte[]>(row, 1));
        return new InodeRow(Id(row, 0), attributes, birth, Column<byte[]>(row, 2), Column<byte[]>(row, 3));
    }

    private static EntryRow ReadEntry(SqliteDataReader row) => new(Id(row, 1), Column<byte[]>(row, 2), Id(row, 3), Column<long>(row, 0));

    private static XattrRow ReadXattr(SqliteDataReader row) => new(Id(row, 0), Column<byte[]>(row, 1), Column<byte[]>(row, 2));

    private static SessionRow ReadSession(SqliteDataReader row) =>
        new(Column<long>(row, 0), JsonSerializer.Deserialize<SessionState>(Column<string>(row, 1), s_strict));

    private static MasterRow ReadMaster(SqliteDataReader row) => Guid.TryParse(Column<string>(row, 0), out Guid master)
        ? new MasterRow(master, (ulong)Column<long>(row, 1))
        : throw Damaged("a master's UUID is none");

    private static FileId Id(SqliteDataReader row, int column) => new((ulong)Column<long>(row, column));

    private static T Meta<T>(SqliteConnection connection, string key)
        where T : class
    {
        string? json = Query(connection, $"SELECT value FROM meta WHERE key = '{key}'", row => Column<string>(row, 0)).SingleOrDefault();
        return json is null ? throw Damaged($"its {key} is missing")
            : JsonSerializer.Deserialize<T>(json, s_strict) ?? throw Damaged($"its {key} is empty");
    }

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
