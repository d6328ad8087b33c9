using KafkaFs.Journal.Check;
using KafkaFs.Journal.Contract;
using Microsoft.Data.Sqlite;

namespace KafkaFs.Journal.Embedded;

/// <summary>Reads batch by batch, each in a short read transaction of its own, and sleeps until the file changes.</summary>
internal sealed class EmbeddedReader : IJournalReader
{
    private static readonly TimeSpan s_fallback = TimeSpan.FromMilliseconds(50);

    private readonly string _file;
    private readonly EmbeddedJournal _journal;
    private readonly FileWatch _watch;
    private readonly Lock _gate = new();
    private SqliteConnection? _connection;
    private bool _checked;
    private bool _released;
    private volatile bool _woken;
    private volatile bool _disposed;

    public EmbeddedReader(string file, long from, EmbeddedJournal journal)
    {
        (_file, NextOffset, _journal) = (file, from, journal);
        _watch = new FileWatch(file);
    }

    /// <inheritdoc/>
    public long NextOffset { get; private set; }

    /// <inheritdoc/>
    public Func<long>? HeldUpTo { get; set; }

    /// <inheritdoc/>
    public bool Read(JournalBatch batch, TimeSpan timeout)
    {
        batch.Clear();
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            long deadlineMs = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
            _woken = false;
            while (!_released && !TryFill(batch) && !_woken && !_disposed)
            {
                long leftMs = deadlineMs - Environment.TickCount64;
                if (leftMs <= 0)
                {
                    break;
                }

                // Shorter than the caller's: the file of the log (-wal) may be a new one, which is not watched yet.
                _watch.Wait(TimeSpan.FromMilliseconds(Math.Min(leftMs, s_fallback.TotalMilliseconds)));
            }
        }

        return batch.Count > 0;
    }

    /// <inheritdoc/>
    public void Wake() => _woken = true;

    /// <inheritdoc/>
    public void Release() => _released = true;

    /// <inheritdoc/>
    public void GoOnAt(long next) => (_released, _checked, NextOffset) = (false, false, next);

    /// <inheritdoc/>
    public void Renew()
    {
        lock (_gate)
        {
            _connection?.Dispose();
            _connection = null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;

        // A Read of another thread ends within s_fallback.
        lock (_gate)
        {
            _watch.Dispose();
            _connection?.Dispose();
            _connection = null;
        }
    }

    private bool TryFill(JournalBatch batch)
    {
        if (!File.Exists(_file))
        {
            throw new JournalRefusedException(JournalRefusal.Missing, $"journal file '{_file}' does not exist any more");
        }

        try
        {
            _connection ??= JournalFile.Connect(_file, SqliteOpenMode.ReadWrite);
            CheckStart(_connection);
            NextOffset = Math.Max(NextOffset, HeldUpTo?.Invoke() ?? 0);
            Fill(_connection, batch);
            _journal.ReadTrouble = null;
        }
        catch (SqliteException exception) when (JournalFile.IsPassing(exception))
        {
            _journal.ReadTrouble = $"journal file '{_file}' cannot be read: {exception.Message}";
            _connection?.Dispose();
            _connection = null;
        }
        catch (SqliteException exception)
        {
            throw new JournalRefusedException(JournalRefusal.NotAJournal, $"journal file '{_file}' is damaged: {exception.Message}", exception);
        }

        return batch.Count > 0;
    }

    private void Fill(SqliteConnection connection, JournalBatch batch)
    {
        using SqliteCommand select = connection.CreateCommand();
        select.CommandText = "SELECT offset, append_time_ms, bytes FROM records WHERE offset >= $from ORDER BY offset LIMIT $limit";
        select.Parameters.AddWithValue("$from", NextOffset);
        select.Parameters.AddWithValue("$limit", batch.MaxRecords);
        using SqliteDataReader rows = select.ExecuteReader();
        while (!batch.IsFull && rows.Read())
        {
            long offset = rows.GetInt64(0);
            OffsetGap gap = new(NextOffset, offset - 1);
            if (offset != NextOffset && gap != _journal.AcceptedGap)
            {
                throw RecoveryTable.Met(LogRow.OffsetsMissing, ("log", $"journal file '{_file}'"), ("gap", gap)).ToException();
            }

            batch.Add(offset, rows.GetInt64(1), rows.GetFieldValue<byte[]>(2));
            NextOffset = offset + 1;
        }
    }

    private void CheckStart(SqliteConnection connection)
    {
        if (_checked)
        {
            return;
        }

        LogFacts facts = new() { Log = $"journal file '{_file}'", Bounds = JournalFile.Bounds(connection) };
        LogJudgement judgement = RecoveryTable.Judge(new KnownLog { NextOffset = NextOffset }, facts);
        if (judgement.Refuses)
        {
            throw judgement.Finding!.ToException();
        }

        _checked = true;
    }
}
