using KafkaFs.Journal.Contract;

namespace KafkaFs.Simulation.Append;

/// <summary>
/// A log in memory and the one producer that a master has of it at a time. Every record that is handed over is in transit until a
/// step decides its fate. For one thread.
/// </summary>
internal sealed class SimulatedLog(Random random, Action<string> trace) : IJournal, ILogCheck
{
    public const long AppendTimeMs = 1_700_000_000_000;

    private readonly List<byte[]> _log = [];
    private readonly List<byte[]> _ghosts = [];
    private SimulatedProducer? _producer;

    /// <summary>Everything works from here on.</summary>
    public bool IsCalm { get; set; }

    public JournalIdentity Identity { get; } = new("simulated", "", "log");

    public int PartitionCount => 1;

    public int MaxRecordBytes { get; set; } = 60_000;

    /// <summary>What the log takes, whatever anybody was told before; bytes.</summary>
    public int Limit { get; set; } = 60_000;

    /// <summary>What the log does not take, whatever it is sent with.</summary>
    public List<byte[]> Refused { get; } = [];

    public string? Trouble => null;

    public int Count => _log.Count;

    public byte[] this[int offset] => _log[offset];

    /// <summary>Records in transit, reports on their way, and copies that may land at any time.</summary>
    public int Open => (_producer?.Open ?? 0) + _ghosts.Count;

    public long Land(byte[] record)
    {
        _log.Add(record);
        return _log.Count - 1;
    }

    /// <summary>A record whose producer is gone, or does not know of it, may come later, or never.</summary>
    public void Lose(byte[] record)
    {
        if (random.Next(2) == 0)
        {
            _ghosts.Add(record);
        }
    }

    /// <summary>Such a record lands.</summary>
    public void LandGhost()
    {
        if (_ghosts.Count > 0)
        {
            int ghost = random.Next(_ghosts.Count);
            trace($"ghost lands at {Land(_ghosts[ghost])}");
            _ghosts.RemoveAt(ghost);
        }
    }

    /// <summary>One thing happens to what is in transit.</summary>
    public void Step() => _producer?.Step();

    /// <summary>The producer fails; it reports nothing any more.</summary>
    public void FailProducer(AppenderFailure failure) => _producer?.Fail(failure);

    /// <summary>The process that has the producer is killed.</summary>
    public void Abandon()
    {
        _producer?.Dispose();
        _producer = null;
    }

    public Task<int> ReadMaxRecordBytesAsync(CancellationToken cancellationToken)
    {
        MaybeUnavailable();
        return Task.FromResult(MaxRecordBytes = Limit);
    }

    public Task ConfirmAsync(CancellationToken stop)
    {
        MaybeUnavailable();
        return Task.CompletedTask;
    }

    public void Suspect(string why) => throw new InvalidOperationException($"This log has not changed: {why}");

    public JournalBounds QueryBounds(int partition, CancellationToken cancellationToken) => new(0, Count);

    public IJournalAppender OpenAppender(int partition, IAppendListener listener)
    {
        MaybeUnavailable();
        trace("a new producer");
        return _producer = new SimulatedProducer(this, listener, random, trace);
    }

    public IJournalReader OpenReader(int partition, long from) => throw new NotSupportedException();

    /// <summary>Fills a batch with what follows an offset, at most so many records.</summary>
    public void Fill(JournalBatch batch, long from, int count)
    {
        batch.Clear();
        for (long offset = from; offset < _log.Count && offset < from + count; offset++)
        {
            batch.Add(offset, AppendTimeMs, _log[(int)offset]);
        }
    }

    public void Dispose()
    {
        // There is nothing to give back.
    }

    // Never for the process that starts: its first producer is not asked for again.
    private void MaybeUnavailable()
    {
        if (!IsCalm && _producer is not null && random.Next(4) == 0)
        {
            throw new JournalUnavailableException("nobody answers");
        }
    }
}
