using KafkaFs.Journal.Check;
using KafkaFs.Journal.Contract;

namespace KafkaFs.TestKit.Journal;

/// <summary>
/// A journal in memory whose appender does only what a test says: what is handed over lies in <see cref="Handed"/> until it is
/// landed, reported, both or neither.
/// </summary>
public sealed class VolatileJournal : IJournal, IJournalAppender
{
    private readonly Lock _gate = new();
    private readonly List<byte[]> _log = [];
    private IAppendListener? _listener;

    /// <summary>What was handed over, in order, with its ticket.</summary>
    public List<(byte[] Record, long Ticket)> Handed { get; } = [];

    /// <summary>Records that are taken before a report makes room.</summary>
    public int Window { get; set; } = int.MaxValue;

    /// <summary>What is handed over lands at once; a test may report it or not.</summary>
    public bool LandsAll { get; init; }

    /// <inheritdoc/>
    public JournalIdentity Identity { get; set; } = new("volatile", "", Guid.NewGuid().ToString());

    /// <inheritdoc/>
    public int PartitionCount => 1;

    /// <inheritdoc/>
    public int MaxRecordBytes { get; set; } = 8 * 1024 * 1024;

    /// <inheritdoc/>
    public string? Trouble { get; set; }

    /// <summary>The log's time of every record, milliseconds since 1970.</summary>
    public static long AppendTimeMs => 1_700_000_000_000;

    /// <summary>What the log says its first offset is; the records before are there all the same.</summary>
    public long First { get; set; }

    /// <summary>Where the log says that it ends, if that is not where it does.</summary>
    public long? BoundsEnd { get; set; }

    /// <inheritdoc/>
    public int LeaderEpoch { get; set; } = -1;

    /// <summary>What the next probes find, in order; then they find what is there.</summary>
    public Queue<LogFacts> Findings { get; } = [];

    /// <summary>Puts a record at the log's end and returns its offset.</summary>
    public long Land(byte[] record)
    {
        lock (_gate)
        {
            _log.Add(record);
            return _log.Count - 1;
        }
    }

    /// <summary>Shortens the log, as a restored backup would.</summary>
    public void Truncate(int records)
    {
        lock (_gate)
        {
            _log.RemoveRange(records, _log.Count - records);
        }
    }

    /// <summary>Reports a record that was handed over.</summary>
    public void Report(int handed, in AppendResult result)
    {
        Window = Window == int.MaxValue ? Window : Window + 1;
        _listener!.OnAppended(Handed[handed].Ticket, result);
    }

    /// <summary>Lands a record that was handed over, and reports it.</summary>
    public long Accept(int handed)
    {
        long offset = Land(Handed[handed].Record);
        Report(handed, AppendResult.Placed(offset, AppendTimeMs));
        return offset;
    }

    /// <summary>The client fails for good; the next appender begins with nothing handed over to it.</summary>
    public void Fail(AppenderFailure failure, string reason) => _listener!.OnFailed(failure, reason);

    /// <summary>What happens meanwhile when an appender is opened.</summary>
    public Action Opening { get; set; } = static () => { };

    /// <summary>How many appenders were opened.</summary>
    public int Appenders { get; private set; }

    /// <summary>How many of them were disposed.</summary>
    public int Disposed { get; private set; }

    /// <summary>How many readers are not disposed.</summary>
    public int OpenReaders { get; private set; }

    /// <summary>What the log says that it takes when it is asked again; null: no answer.</summary>
    public int? LimitAnswer { get; set; } = 8 * 1024 * 1024;

    /// <inheritdoc/>
    public Task<int> ReadMaxRecordBytesAsync(CancellationToken cancellationToken)
    {
        MaxRecordBytes = LimitAnswer ?? throw new JournalUnavailableException("no answer to the question for the limit");
        return Task.FromResult(MaxRecordBytes);
    }

    /// <inheritdoc/>
    public JournalBounds QueryBounds(int partition, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return new JournalBounds(First, BoundsEnd ?? _log.Count);
        }
    }

    /// <summary>What the next probe ends with instead; null: it has an answer.</summary>
    public JournalUnavailableException? NoAnswer { get; set; }

    /// <inheritdoc/>
    public LogFacts Probe(long next, CancellationToken stop) => NoAnswer is not null ? throw NoAnswer : Findings.TryDequeue(out LogFacts? found) ? found : LogProbe.Probe(this, next, stop);

    /// <inheritdoc/>
    public IJournalAppender OpenAppender(int partition, IAppendListener listener)
    {
        Opening();
        _listener = listener;
        Appenders++;
        return this;
    }

    /// <inheritdoc/>
    public IJournalReader OpenReader(int partition, long from)
    {
        OpenReaders++;
        return new Reader(this, from);
    }

    /// <inheritdoc/>
    public bool TryAppend(ReadOnlyMemory<byte> record, long ticket)
    {
        if (Window == 0)
        {
            return false;
        }

        Window = Window == int.MaxValue ? Window : Window - 1;
        Handed.Add((record.ToArray(), ticket));
        if (LandsAll)
        {
            Land(Handed[^1].Record);
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => Disposed++;

    private sealed class Reader(VolatileJournal journal, long from) : IJournalReader
    {
        private bool _released;

        public long NextOffset { get; private set; } = from;

        public Func<long>? HeldUpTo { get; set; }

        public bool Read(JournalBatch batch, TimeSpan timeout)
        {
            batch.Clear();
            lock (journal._gate)
            {
                NextOffset = Math.Max(NextOffset, HeldUpTo?.Invoke() ?? 0);
                for (; !_released && NextOffset < journal._log.Count && !batch.IsFull; NextOffset++)
                {
                    batch.Add(NextOffset, AppendTimeMs, journal._log[(int)NextOffset]);
                }
            }

            return batch.Count > 0 || !Wait();
        }

        public void Wake()
        {
            // It never waits long.
        }

        public void Release() => _released = true;

        public void GoOnAt(long next) => (_released, NextOffset) = (false, next);

        public void Renew()
        {
            // Nothing of it can be stuck.
        }

        public void Dispose() => journal.OpenReaders--;

        private static bool Wait()
        {
            Thread.Sleep(1);
            return true;
        }
    }
}
