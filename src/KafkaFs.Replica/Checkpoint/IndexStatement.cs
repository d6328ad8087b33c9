using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace KafkaFs.Replica.Checkpoint;

/// <summary>
/// A prepared statement, for rows by the million: values go in and out as spans, without an object per row. Parameters are numbered
/// from 1, columns from 0, as in SQLite. Throws SqliteException where SQLite refuses. Not thread-safe.
/// </summary>
internal sealed class IndexStatement : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;

    public IndexStatement(SqliteConnection connection, string sql)
    {
        _database = connection.Handle ?? throw new InvalidOperationException("The connection is not open.");
        Check(raw.sqlite3_prepare_v2(_database, sql, out _statement));
    }

    public void Bind(int parameter, long value) => Check(raw.sqlite3_bind_int64(_statement, parameter, value));

    public void Bind(int parameter, ReadOnlySpan<byte> value) => Check(raw.sqlite3_bind_blob(_statement, parameter, value));

    /// <summary>Runs it to its end, with the parameters that are bound; it can then be bound and run again.</summary>
    public void Run()
    {
        while (Step())
        {
        }

        Check(raw.sqlite3_reset(_statement));
    }

    /// <summary>True if there is a further row.</summary>
    public bool Step()
    {
        int result = raw.sqlite3_step(_statement);
        if (result is raw.SQLITE_ROW or raw.SQLITE_DONE)
        {
            return result == raw.SQLITE_ROW;
        }

        raw.sqlite3_reset(_statement);
        SqliteException.ThrowExceptionForRC(result, _database);
        return false;
    }

    /// <summary>The value as an integer; the rowid always is one.</summary>
    public long Integer(int column) => raw.sqlite3_column_int64(_statement, column);

    /// <summary>The value as bytes, valid until the next step; a damaged file can hold a value of another type there, which gives other bytes.</summary>
    public ReadOnlySpan<byte> Blob(int column) => raw.sqlite3_column_blob(_statement, column);

    public void Dispose() => _statement.Dispose();

    private void Check(int result) => SqliteException.ThrowExceptionForRC(result, _database);
}
