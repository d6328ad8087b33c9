using System.Collections.Concurrent;

namespace KafkaFs.Hosting.Status;

/// <summary>The calls of a mount since it began: by operation, and by calling thread while somebody watches. Safe for use from several threads.</summary>
public sealed class CallCounters
{
    private const long WatchedForMs = 10_000;

    // A machine has so many threads at once; who watches is told of no more.
    private const int MaxCallers = 4_096;

    private readonly ConcurrentDictionary<string, Cell> _operations = new();
    private readonly ConcurrentDictionary<uint, Cell> _callers = new();
    private long _watchedUntilMs;

    /// <summary>A call was answered.</summary>
    /// <param name="thread">Who made it (its thread's id); 0 is the kernel, or a process of another namespace.</param>
    /// <param name="took">From reading to answering.</param>
    public void Add(string operation, bool failed, uint thread, TimeSpan took)
    {
        _operations.GetOrAdd(operation, static _ => new Cell()).Add(failed, took.Ticks);
        if (Environment.TickCount64 < Volatile.Read(ref _watchedUntilMs) && (_callers.Count < MaxCallers || _callers.ContainsKey(thread)))
        {
            _callers.GetOrAdd(thread, static _ => new Cell()).Add(failed, took.Ticks);
        }
    }

    /// <summary>Counts so far, by operation.</summary>
    public CallCount[] Read() => Counts(_operations);

    /// <summary>Counts by calling thread: from the first of these questions on, until none has come for 10 s.</summary>
    public CallCount[] ReadCallers()
    {
        if (Interlocked.Exchange(ref _watchedUntilMs, Environment.TickCount64 + WatchedForMs) < Environment.TickCount64)
        {
            _callers.Clear();
        }

        return Counts(_callers);
    }

    private static CallCount[] Counts<T>(ConcurrentDictionary<T, Cell> cells)
        where T : notnull => [.. cells.Select(static pair => pair.Value.Read($"{pair.Key}"))];

    private sealed class Cell
    {
        private long _calls;
        private long _failed;
        private long _ticks;

        public void Add(bool failed, long ticks)
        {
            Interlocked.Increment(ref _calls);
            Interlocked.Add(ref _ticks, ticks);
            if (failed)
            {
                Interlocked.Increment(ref _failed);
            }
        }

        public CallCount Read(string name) =>
            new(name, Volatile.Read(ref _calls), Volatile.Read(ref _failed), TimeSpan.FromTicks(Volatile.Read(ref _ticks)).TotalSeconds);
    }
}

/// <summary>Calls of one kind, or of one caller.</summary>
/// <param name="Name">The operation, or the caller's thread id.</param>
/// <param name="Failed">Those of them that were answered with an errno.</param>
/// <param name="Seconds">Time from reading to answering, of all together.</param>
public sealed record CallCount(string Name, long Calls, long Failed, double Seconds);
