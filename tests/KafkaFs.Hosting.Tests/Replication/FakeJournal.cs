using KafkaFs.Journal.Check;
using KafkaFs.Journal.Contract;

namespace KafkaFs.Hosting.Tests.Replication;

/// <summary>A journal whose bounds are answered as the test says; all else is passed on.</summary>
internal sealed class FakeJournal(IJournal? inner = null) : IJournal
{
    public Func<JournalBounds> Bounds { get; set; } = () => inner?.QueryBounds(0, CancellationToken.None) ?? new JournalBounds(0, 0);

    /// <summary>What every look and probe finds; null: what the bounds say.</summary>
    public LogFacts? Facts { get; set; }

    /// <summary>In place of <see cref="Facts"/>.</summary>
    public Func<LogFacts>? Answer { get; set; }

    public int Looks { get; private set; }

    public int Probes => Probed.Count;

    /// <summary>Before which offset each probe looked.</summary>
    public List<long> Probed { get; } = [];

    public LogFacts Look(CancellationToken stop)
    {
        Looks++;
        return Answer?.Invoke() ?? Facts ?? LogProbe.Look(this, stop);
    }

    public LogFacts Probe(long next, CancellationToken stop)
    {
        Probed.Add(next);
        return Answer?.Invoke() ?? Facts ?? LogProbe.Probe(this, next, stop);
    }

    public JournalIdentity Identity => inner!.Identity;

    public int PartitionCount => 1;

    public int MaxRecordBytes => 1_000_000;

    public string? Trouble => null;

    public string? ReadingTrouble { get; set; }

    public bool IsDisposed { get; private set; }

    public JournalBounds QueryBounds(int partition, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return Bounds();
    }

    public IJournalAppender OpenAppender(int partition, IAppendListener listener) => inner!.OpenAppender(partition, listener);

    /// <summary>How many readers were opened.</summary>
    public int Readers { get; set; }

    public IJournalReader OpenReader(int partition, long from)
    {
        Readers++;
        return inner!.OpenReader(partition, from);
    }

    public void Dispose()
    {
        IsDisposed = true;
        inner?.Dispose();
    }
}
