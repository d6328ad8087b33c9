using System.Collections.Concurrent;
using KafkaFs.Journal.Contract;

namespace KafkaFs.Benchmarks.Peers;

/// <summary>A journal that places each record as soon as it is handed over, and keeps none: what a mount costs without one.</summary>
internal sealed class NullJournal : IJournal, IJournalAppender, IJournalProvider
{
    private readonly BlockingCollection<long> _handed = [];
    private IAppendListener? _listener;
    private long _end;

    public NullJournal() => new Thread(Report) { IsBackground = true, Name = "null-journal" }.Start();

    public string Description => "nowhere";

    public JournalIdentity Identity { get; } = new("null", "", Guid.NewGuid().ToString());

    public int PartitionCount => 1;

    public int MaxRecordBytes => 8 * 1024 * 1024;

    public string? Trouble => null;

    public Task<IJournal> OpenAsync(bool createIfMissing, CancellationToken cancellationToken) => Task.FromResult<IJournal>(this);

    public JournalBounds QueryBounds(int partition, CancellationToken cancellationToken) => new(0, Volatile.Read(ref _end));

    public IJournalAppender OpenAppender(int partition, IAppendListener listener)
    {
        _listener = listener;
        return this;
    }

    public IJournalReader OpenReader(int partition, long from) => new Reader(from);

    public bool TryAppend(ReadOnlyMemory<byte> record, long ticket)
    {
        _handed.Add(ticket);
        return true;
    }

    public void Dispose()
    {
        // Journal and appender are one, and the process ends after it.
    }

    private void Report()
    {
        foreach (long ticket in _handed.GetConsumingEnumerable())
        {
            _listener!.OnAppended(ticket, AppendResult.Placed(Interlocked.Increment(ref _end) - 1, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()));
        }
    }

    private sealed class Reader(long from) : IJournalReader
    {
        public long NextOffset { get; private set; } = from;

        public Func<long>? HeldUpTo { get; set; }

        // Nobody but the one appender writes, whose reports bring everything.
        public bool Read(JournalBatch batch, TimeSpan timeout)
        {
            batch.Clear();
            Thread.Sleep(TimeSpan.FromMilliseconds(Math.Min(5, timeout.TotalMilliseconds)));
            return false;
        }

        public void Wake()
        {
            // It never waits long.
        }

        public void Release()
        {
            // It reads nothing anyway.
        }

        public void GoOnAt(long next) => NextOffset = next;

        public void Renew()
        {
            // Nothing of it can be stuck.
        }

        public void Dispose()
        {
            // It holds nothing.
        }
    }
}
