using KafkaFs.Journal.Contract;
using KafkaFs.TestKit.Journal;

namespace KafkaFs.System.Tests.Faults;

/// <summary>
/// Follows a log, and appends by chance what it reads there a second time: what a producer does whose acknowledgement was lost, much more
/// often than one ever would. One thread of its own.
/// </summary>
internal sealed class Repeater : IDisposable
{
    private const double Chance = 0.01;

    private readonly IJournal _journal;
    private readonly Random _random;
    private readonly Thread _thread;
    private volatile bool _stopping;

    public Repeater(IJournal journal, Random random)
    {
        (_journal, _random) = (journal, random);
        _thread = new Thread(Repeat) { IsBackground = true, Name = "repeater" };
        _thread.Start();
    }

    /// <summary>Records that were appended again.</summary>
    public int Repeated { get; private set; }

    /// <summary>Ends it; what it has appended is in the log.</summary>
    public void Dispose()
    {
        _stopping = true;
        _thread.Join();
    }

    private void Repeat()
    {
        RecordingListener listener = new();
        using IJournalAppender appender = _journal.OpenAppender(0, listener);
        using IJournalReader reader = _journal.OpenReader(0, 0);
        JournalBatch batch = new();
        while (!_stopping)
        {
            reader.Read(batch, TimeSpan.FromMilliseconds(200));
            for (int index = 0; index < batch.Count && !_stopping; index++)
            {
                if (_random.NextDouble() < Chance && appender.TryAppend(batch[index].Bytes.ToArray(), Repeated))
                {
                    Repeated++;
                }
            }
        }

        listener.WaitAsync(Repeated).Wait(TimeSpan.FromSeconds(30));
    }
}
