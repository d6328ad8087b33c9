using System.Collections.Concurrent;

namespace KafkaFs.MasterHost.FileSystem;

/// <summary>
/// Threads that wait for the disk of the data root in place of those which read calls from the kernel: a slow disk holds up who reads from it and
/// hardly anybody else (to open the content of a file, once for each handle, is the exception). They are started when they are needed, and there is no more to do than the kernel has calls under way. Safe for use from several threads.
/// </summary>
internal sealed class DiskThreads : IDisposable
{
    private const int MaxThreads = 8;

    private readonly Lock _gate = new();
    private readonly BlockingCollection<Action> _work = [];
    private int _threads;
    private int _undone;

    /// <summary>Has it done by one of them, soon. Nothing is done after <see cref="Dispose"/>.</summary>
    public void Post(Action work)
    {
        bool isShort;
        lock (_gate)
        {
            if (_work.IsAddingCompleted)
            {
                return;
            }

            _work.Add(work);
            isShort = ++_undone > _threads && _threads < MaxThreads;
            _threads += isShort ? 1 : 0;
        }

        if (isShort)
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
        foreach (Action work in _work.GetConsumingEnumerable())
        {
            work();
            lock (_gate)
            {
                _undone--;
            }
        }
    }
}
