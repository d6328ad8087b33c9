using KafkaFs.Journal.Check;
using KafkaFs.Journal.Contract;
using KafkaFs.TestKit.Journal;

namespace KafkaFs.Replica.Tests;

/// <summary>
/// One log in memory for several writers, in one thread: what is handed over lands, and what has landed is reported, when the test says
/// so. A reader fetches ahead, as Kafka's does, and what it fetched before a release or a jump must never be seen after it.
/// </summary>
internal sealed class SharedLog
{
    private readonly List<byte[]> _records = [];
    private readonly JournalIdentity _identity = new("shared", "", Guid.NewGuid().ToString());

    public long End => _records.Count;

    /// <summary>Puts a record at the end and returns its offset.</summary>
    public long Land(byte[] record)
    {
        _records.Add(record);
        return _records.Count - 1;
    }

    public Writer OpenWriter() => new(this);

    /// <summary>The log as one writer sees it.</summary>
    internal sealed class Writer(SharedLog log) : IJournal, IJournalAppender
    {
        private readonly Queue<(byte[] Record, long Ticket)> _handed = new();
        private readonly Queue<(long Offset, long Ticket)> _landed = new();
        private IAppendListener? _listener;

        public JournalIdentity Identity => log._identity;

        public int PartitionCount => 1;

        public int MaxRecordBytes => 1_000_000;

        public string? Trouble => null;

        public int Outstanding => _handed.Count + _landed.Count;

        public Reader? Tail { get; private set; }

        public JournalBounds QueryBounds(int partition, CancellationToken cancellationToken) => new(0, log.End);

        // The tests have one reader, which delivers only what they let it fetch.
        public LogFacts Probe(long next, CancellationToken stop) => LogProbe.Look(this, stop);

        public IJournalAppender OpenAppender(int partition, IAppendListener listener)
        {
            _listener = listener;
            return this;
        }

        public IJournalReader OpenReader(int partition, long from) => Tail = new Reader(log, from);

        public bool TryAppend(ReadOnlyMemory<byte> record, long ticket)
        {
            _handed.Enqueue((record.ToArray(), ticket));
            return true;
        }

        public void LandOne()
        {
            if (_handed.TryDequeue(out (byte[] Record, long Ticket) next))
            {
                _landed.Enqueue((log.Land(next.Record), next.Ticket));
            }
        }

        public void ReportOne(bool tellsOffset)
        {
            if (_landed.TryDequeue(out (long Offset, long Ticket) next))
            {
                _listener!.OnAppended(
                    next.Ticket, tellsOffset ? AppendResult.Placed(next.Offset, VolatileJournal.AppendTimeMs) : AppendResult.PlacedSomewhere());
            }
        }

        public void Dispose()
        {
            // There is nothing to give back.
        }
    }

    /// <summary>A reader that never waits.</summary>
    internal sealed class Reader(SharedLog log, long from) : IJournalReader
    {
        private readonly Queue<long> _ahead = new();
        private long _fetch = from;

        public bool IsReleased { get; private set; }

        public long NextOffset { get; private set; } = from;

        public Func<long>? HeldUpTo { get; set; }

        public int Releases { get; private set; }

        public int PassedOver { get; private set; }

        public int Fetched { get; private set; }

        /// <summary>The background part of a client.</summary>
        public void FetchAhead(int records)
        {
            for (; !IsReleased && records > 0 && _fetch < log.End; records--, Fetched++)
            {
                _ahead.Enqueue(_fetch++);
            }
        }

        public bool Read(JournalBatch batch, TimeSpan timeout)
        {
            batch.Clear();
            while (!batch.IsFull && _ahead.TryDequeue(out long offset))
            {
                if (offset != NextOffset)
                {
                    throw new InvalidOperationException($"Record {offset} comes where {NextOffset} is next.");
                }

                NextOffset++;
                if (offset < HeldUpTo?.Invoke())
                {
                    PassedOver++;
                }
                else
                {
                    batch.Add(offset, VolatileJournal.AppendTimeMs, log._records[(int)offset]);
                }
            }

            return batch.Count > 0;
        }

        public void Wake()
        {
            // It never waits.
        }

        public void Release()
        {
            _ahead.Clear();
            IsReleased = true;
            Releases++;
        }

        public void GoOnAt(long next)
        {
            _ahead.Clear();
            (IsReleased, _fetch, NextOffset) = (false, next, next);
        }

        public void Renew() => GoOnAt(NextOffset);

        public void Dispose()
        {
            // It holds nothing.
        }
    }
}
