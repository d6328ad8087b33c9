using System.Collections.Concurrent;

namespace KafkaFs.MasterHost.FileSystem;

/// <summary>
/// Threads that wait for the disk of the data root, so that those which read calls from the kernel never do: a slow disk holds up who reads from it and
/// nobody else. They are started when they are needed, and there is no more to do than the kernel has calls under way. Safe for use from several threads.
/// </summary>
internal sealed class DiskThreads : IDisposable
{
    private const int MaxThreads = 8;

    private readonly Lock _gate = new();
    private readonly BlockingCollection<Action> _work = [];
    private int _threads;
    private int _idle;

    /// <summary>Has it done by one of them, soon. Nothing is done after <see cref="Dispose"/>.</summary>
    public void Post(Action work)
    {
        lock (_gate)
        {
            if (_work.IsAddingCompleted)
            {
                return;
            }

            _work.Add(work);
        }

        if (_work.Count > Volatile.Read(ref _idle) && Volatile.Read(ref _threads) < MaxThreads && Interlocked.Increment(ref _threads) <= MaxThreads)
        {
            new Thread(Run) { IsBackground = true, Name = "disk" }.Start();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _work.CompleteAdding();
        }
    }

    private void Run()
    {
        while (true)
        {
            Interlocked.Increment(ref _idle);
            bool found = _work.TryTake(out Action? work, Timeout.Infinite);
            Interlocked.Decrement(ref _idle);
            if (!found)
            {
                return;
            }

            work!();
        }
    }
}
