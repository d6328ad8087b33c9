using System.Globalization;
using System.Text.Json;
using KafkaFs.Replica.Namespace;
using Microsoft.Data.Sqlite;

namespace KafkaFs.Replica.Checkpoint;

/// <summary>
/// Writes a delta into the tables of an index, inside the transaction that is open on the connection, with statements that are
/// prepared once. Throws SqliteException where SQLite refuses.
/// </summary>
internal sealed class IndexWriter(SqliteConnection connection) : INamespaceRows, IDisposable
{
    private readonly IndexStatement[] _puts =
    [
        new(connection, "INSERT OR REPLACE INTO inodes VALUES (?1, ?2)"),
        new(connection, "INSERT OR REPLACE INTO entries VALUES (?1, ?2)"),
        new(connection, "INSERT OR REPLACE INTO xattrs VALUES (?1, ?2)"),
    ];

    private readonly IndexStatement[] _deletes =
    [
        new(connection, "DELETE FROM inodes WHERE id = ?1"),
        new(connection, "DELETE FROM entries WHERE cookie = ?1"),
        new(connection, "DELETE FROM xattrs WHERE inode = ?1"),
    ];

    /// <summary>All of a checkpoint; rows that the delta does not name stay.</summary>
    public void Write(NamespaceDelta delta, CheckpointHeader header)
    {
        delta.WriteRows(this);
        Execute("DELETE FROM sessions");
        foreach (SessionRow session in delta.Sessions)
        {
            Execute("INSERT INTO sessions VALUES ($0, $1)", session.Number, JsonSerializer.Serialize(session.State));
        }

        foreach (MasterRow master in delta.Masters)
        {
            Execute("INSERT OR REPLACE INTO masters VALUES ($0, $1)", master.Master.ToString(), (long)master.LastRun);
        }

        PutMeta("header", JsonSerializer.Serialize(header));
        PutMeta("totals", JsonSerializer.Serialize(delta.Totals));
        PutMeta("state-hash", delta.StateHash.ToString("x32", CultureInfo.InvariantCulture));
    }

    /// <inheritdoc/>
    public void Put(NamespaceTable table, long key, ReadOnlySpan<byte> row)
    {
        IndexStatement statement = _puts[(int)table];
        statement.Bind(1, key);
        statement.Bind(2, row);
        statement.Run();
    }

    /// <inheritdoc/>
    public void Delete(NamespaceTable table, long key)
    {
        IndexStatement statement = _deletes[(int)table];
        statement.Bind(1, key);
        statement.Run();
    }

    public void Dispose()
    {
        foreach (IndexStatement statement in _puts.Concat(_deletes))
        {
            statement.Dispose();
        }
    }

    private void PutMeta(string key, string value) => Execute("INSERT OR REPLACE INTO meta VALUES ($0, $1)", key, value);

    private void Execute(string sql, params ReadOnlySpan<object> values)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        for (int index = 0; index < values.Length; index++)
        {
            command.Parameters.AddWithValue(string.Create(CultureInfo.InvariantCulture, $"${index}"), values[index]);
        }

        command.ExecuteNonQuery();
    }
}
