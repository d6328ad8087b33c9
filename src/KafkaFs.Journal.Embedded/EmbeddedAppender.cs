using KafkaFs.Journal.Contract;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace KafkaFs.Journal.Embedded;

/// <summary>Commits what was handed over in groups, on one thread: one fsync for all that waited.</summary>
internal sealed partial class EmbeddedAppender : IJournalAppender
{
    private const int WindowRecords = 1_024;
    private const long WindowBytes = 16 * 1024 * 1024;
    private static readonly TimeSpan s_lockLimit = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly Queue<(ReadOnlyMemory<byte> Record, long Ticket)> _queue = new();
    private readonly List<(ReadOnlyMemory<byte> Record, long Ticket)> _group = [];
    private readonly List<AppendResult> _results = [];
    private readonly AutoResetEvent _work = new(false);
    private readonly EmbeddedJournal _journal;
    private readonly IAppendListener _listener;
    private readonly ILogger _logger;
    private readonly SqliteConnection _connection;
    private readonly FileLock _lock;
    private readonly Thread _thread;
    private int _windowRecords;
    private long _windowBytes;
    private volatile bool _disposed;

    public EmbeddedAppender(string file, EmbeddedJournal journal, IAppendListener listener, ILogger logger)
    {
        (_journal, _listener, _logger) = (journal, listener, logger);
        _connection = JournalFile.Connect(file, SqliteOpenMode.ReadWrite);
        _lock = FileLock.Open(file);
        _thread = new Thread(Run) { IsBackground = true, Name = "journal-append" };
        _thread.Start();
    }

    /// <inheritdoc/>
    public bool TryAppend(ReadOnlyMemory<byte> record, long ticket)
    {
        lock (_gate)
        {
            if (_windowRecords >= WindowRecords || _windowBytes >= WindowBytes)
            {
                return false;
            }

            _windowRecords++;
            _windowBytes += record.Length;
            _queue.Enqueue((record, ticket));
        }

        _work.Set();
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _work.Set();
            _thread.Join();
            _connection.Dispose();
            _lock.Dispose();
            _work.Dispose();
        }
    }

    private void Run()
    {
        while (!_disposed)
        {
            if (!TakeGroup())
            {
                _work.WaitOne();
                continue;
            }

            Commit();
            Report();
        }
    }

    private bool TakeGroup()
    {
        lock (_gate)
        {
            _group.Clear();
            while (_queue.TryDequeue(out (ReadOnlyMemory<byte> Record, long Ticket) next))
            {
                _group.Add(next);
            }
        }

        return _group.Count > 0;
    }

    private void Commit()
    {
        _results.Clear();
        if (!_lock.TryLock(s_lockLimit, () => _disposed, out string? obstacle))
        {
            NoteFailure($"the lock beside the journal file cannot be had: {obstacle}");
            return;
        }

        try
        {
            using SqliteTransaction transaction = _connection.BeginTransaction(deferred: false);
            InsertGroup(transaction);
            transaction.Commit();
            _journal.AppendTrouble = null;
        }
        catch (SqliteException exception)
        {
            NoteFailure(exception.Message);
        }
        finally
        {
            _lock.Release();
        }
    }

    // Rolled back or not (the commit itself may have failed): the same bytes may be appended again.
    private void NoteFailure(string reason)
    {
        _journal.AppendTrouble = reason;
        LogFailed(_logger, _group.Count, reason);
        _results.Clear();
        _results.AddRange(_group.Select(_ => AppendResult.Unknown(reason)));
    }

    private void InsertGroup(SqliteTransaction transaction)
    {
        using SqliteCommand last = _connection.CreateCommand();
        last.Transaction = transaction;
        last.CommandText = "SELECT offset, append_time_ms FROM records ORDER BY offset DESC LIMIT 1";
        long offset = 0;
        long time = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        using (SqliteDataReader row = last.ExecuteReader())
        {
            if (row.Read())
            {
                offset = row.GetInt64(0) + 1;
                time = Math.Max(time, row.GetInt64(1));
            }
        }

        using SqliteCommand insert = _connection.CreateCommand();
        insert.Transaction = transaction;
        insert.CommandText = "INSERT INTO records VALUES ($offset, $time, $bytes)";
        SqliteParameter offsetParameter = insert.Parameters.Add("$offset", SqliteType.Integer);
        insert.Parameters.AddWithValue("$time", time);
        SqliteParameter bytes = insert.Parameters.Add("$bytes", SqliteType.Blob);
        foreach ((ReadOnlyMemory<byte> record, long _) in _group)
        {
            if (record.Length > EmbeddedJournal.MaxBytes)
            {
                _results.Add(AppendResult.TooLong($"a record of {record.Length} bytes is longer than {EmbeddedJournal.MaxBytes}"));
                continue;
            }

            (offsetParameter.Value, bytes.Value) = (offset, record.ToArray());
            insert.ExecuteNonQuery();
            _results.Add(AppendResult.Placed(offset++, time));
        }
    }

    private void Report()
    {
        for (int index = 0; index < _group.Count; index++)
        {
            lock (_gate)
            {
                _windowRecords--;
                _windowBytes -= _group[index].Record.Length;
            }

            _listener.OnAppended(_group[index].Ticket, _results[index]);
        }
    }

    [LoggerMessage(3200, LogLevel.Warning, "The journal file did not take {Count} records: {Reason}")]
    private static partial void LogFailed(ILogger logger, int count, string reason);
}
