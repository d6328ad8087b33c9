using KafkaFs.Journal.Contract;
using Microsoft.Data.Sqlite;

namespace KafkaFs.Journal.Embedded;

/// <summary>Reads batch by batch, each in a short read transaction of its own, and sleeps until the file changes.</summary>
internal sealed class EmbeddedReader : IJournalReader
{
    private static readonly TimeSpan s_fallback = TimeSpan.FromMilliseconds(50);

    private readonly string _file;
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _select;
    private readonly FileWatch _watch;
    private bool _checked;
    private volatile bool _woken;

    public EmbeddedReader(string file, long from)
    {
        (_file, NextOffset) = (file, from);
        _connection = JournalFile.Connect(file, SqliteOpenMode.ReadWrite);
        _select = _connection.CreateCommand();
        _select.CommandText = "SELECT offset, append_time_ms, bytes FROM records WHERE offset >= $from ORDER BY offset LIMIT $limit";
        _select.Parameters.Add("$from", SqliteType.Integer);
        _select.Parameters.Add("$limit", SqliteType.Integer);
        _watch = new FileWatch(file);
    }

    /// <inheritdoc/>
    public long NextOffset { get; private set; }

    /// <inheritdoc/>
    public bool Read(JournalBatch batch, TimeSpan timeout)
    {
        batch.Clear();
        if (!_checked)
        {
            CheckStart();
            _checked = true;
        }

        long deadline = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        _woken = false;
        while (!Fill(batch) && !_woken)
        {
            long left = deadline - Environment.TickCount64;
            if (left <= 0)
            {
                break;
            }

            if (!File.Exists(_file))
            {
                throw new JournalRefusedException(JournalRefusal.Missing, $"journal file '{_file}' does not exist any more");
            }

            // Shorter than the caller's: the file of the log (-wal) may be a new one, which is not watched yet.
            _watch.Wait(TimeSpan.FromMilliseconds(Math.Min(left, s_fallback.TotalMilliseconds)));
        }

        return batch.Count > 0;
    }

    /// <inheritdoc/>
    public void Wake() => _woken = true;

    /// <inheritdoc/>
    public void Dispose()
    {
        _woken = true;
        _watch.Dispose();
        _select.Dispose();
        _connection.Dispose();
    }

    private bool Fill(JournalBatch batch)
    {
        _select.Parameters[0].Value = NextOffset;
        _select.Parameters[1].Value = batch.MaxRecords;
        using SqliteDataReader rows = _select.ExecuteReader();
        while (!batch.IsFull && rows.Read())
        {
            long offset = rows.GetInt64(0);
            if (offset != NextOffset)
            {
                throw new JournalRefusedException(JournalRefusal.Gap, $"offsets {NextOffset}..{offset - 1} are missing in journal file '{_file}'");
            }

            batch.Add(offset, rows.GetInt64(1), rows.GetFieldValue<byte[]>(2));
            NextOffset = offset + 1;
        }

        return batch.Count > 0;
    }

    private void CheckStart()
    {
        JournalBounds bounds = JournalFile.Bounds(_connection);
        if (NextOffset < bounds.First)
        {
            throw new JournalRefusedException(JournalRefusal.Deleted, $"records {NextOffset}..{bounds.First - 1} of journal file '{_file}' are deleted");
        }

        if (NextOffset > bounds.Next)
        {
            throw new JournalRefusedException(
                JournalRefusal.Truncated, $"journal file '{_file}' ends at {bounds.Next}, {NextOffset} is wanted: truncated or restored");
        }
    }
}
