using System.Text;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using Xunit;

namespace KafkaFs.System.Tests.NothingLost;

/// <summary>
/// Workers that change a mount at the same time and note, in the memory of this process, what was answered. After each new mount
/// every worker looks at all that it has made. Thread-safe; the test steers, the workers follow.
/// </summary>
internal sealed class Load : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);

    private readonly object _changed = new();
    private readonly List<SafeFd> _roots = [];
    private readonly Thread[] _threads;
    private readonly Worker[] _workers;
    private readonly List<string> _failures = [];
    private int _busy;
    private bool _paused;
    private bool _stopping;

    /// <summary>Makes the directories on a mount, and starts.</summary>
    /// <param name="prefix">What the workers' names begin with: loads on several mounts of one filesystem need different ones.</param>
    /// <param name="shared">That of the load which made the shared directory; null if this one does.</param>
    public Load(string mount, int seed, int workers = 4, string prefix = "w", SharedAnswers? shared = null)
    {
        Shared = shared ?? new SharedAnswers();
        if (shared is null)
        {
            Directory.CreateDirectory(Path.Combine(mount, ExpectedTree.SharedPath));
            File.WriteAllText(Path.Combine(mount, SharedAnswers.LogPath), "");
        }

        _workers = [.. Enumerable.Range(0, workers).Select(number => new Worker(this, $"{prefix}{number}", new Random(unchecked((seed * 31) + number))))];
        foreach (Worker worker in _workers)
        {
            Directory.CreateDirectory(Path.Combine(mount, worker.Name));
        }

        Mounted(mount);
        _threads = [.. _workers.Select(worker => new Thread(worker.Run) { Name = worker.Name, IsBackground = true })];
        _busy = workers;
        Array.ForEach(_threads, thread => thread.Start());
    }

    public SharedAnswers Shared { get; }

    /// <summary>Calls that were answered, and so checked.</summary>
    public long Answered => _workers.Sum(worker => worker.Answered);

    /// <summary>How often a call's outcome was not known: it was not done, done.</summary>
    public (long NotDone, long Done) Unknown => (_workers.Sum(worker => worker.FoundNotDone), _workers.Sum(worker => worker.FoundDone));

    /// <summary>There is a new mount: the workers look at all they have made, and go on there.</summary>
    public void Mounted(string mount)
    {
        Errno errno = FileCalls.Open(null, Encoding.UTF8.GetBytes(mount), OpenFlags.PathOnly | OpenFlags.Directory, 0, out SafeFd root);
        Assert.Equal(Errno.None, errno);
        lock (_changed)
        {
            _roots.Add(root);
            Monitor.PulseAll(_changed);
        }
    }

    /// <summary>Waits until every worker is between two operations, and keeps it there.</summary>
    public void Pause()
    {
        lock (_changed)
        {
            _paused = true;
            Monitor.PulseAll(_changed);
            long end = Environment.TickCount64 + (long)s_limit.TotalMilliseconds;
            while (_busy > 0 && _failures.Count == 0)
            {
                Assert.True(Environment.TickCount64 < end, $"{_busy} workers do not come to a pause");
                Monitor.Wait(_changed, 1_000);
            }
        }

        ThrowIfFailed();
    }

    public void Resume()
    {
        lock (_changed)
        {
            _paused = false;
            Monitor.PulseAll(_changed);
        }
    }

    /// <summary>Fails with what a worker found.</summary>
    public void ThrowIfFailed()
    {
        lock (_changed)
        {
            Assert.True(_failures.Count == 0, string.Join('\n', _failures));
        }
    }

    /// <summary>Ends the work, and checks everything that was ever answered on the mount as it is now.</summary>
    public void StopAndCheck(string mount)
    {
        SpinWait.SpinUntil(() => (Answered > 0 && Shared.Lines > 0) || _paused || _failures.Count > 0, s_limit);
        Stop();
        ThrowIfFailed();
        SafeFd root = _roots[^1];
        Assert.All(_workers, worker => Assert.Null(worker.Expected.Difference(root)));
        Assert.Empty(Shared.Differences(mount).Take(5));
        Assert.True(Answered > 0 && Shared.Lines > 0, "Nothing was answered.");
        CloseRoots();
    }

    public void Dispose()
    {
        Stop();
        CloseRoots();
    }

    /// <summary>Whether a newer mount than <paramref name="generation"/> is there, which is then that.</summary>
    public bool TryNewer(ref int generation, out SafeFd root)
    {
        lock (_changed)
        {
            bool isNewer = _roots.Count > generation;
            (generation, root) = (_roots.Count, _roots[^1]);
            return isNewer;
        }
    }

    /// <summary>Waits for a newer mount; false if the work ends before.</summary>
    public bool AwaitNewer(int generation)
    {
        lock (_changed)
        {
            while (_roots.Count <= generation && !_stopping)
            {
                Monitor.Wait(_changed);
            }

            return _roots.Count > generation;
        }
    }

    /// <summary>Called between operations; false ends the worker.</summary>
    public bool GoesOn()
    {
        lock (_changed)
        {
            _busy--;
            Monitor.PulseAll(_changed);
            while (_paused && !_stopping)
            {
                Monitor.Wait(_changed);
            }

            _busy++;
            return !_stopping && _failures.Count == 0;
        }
    }

    public void Failed(string words)
    {
        lock (_changed)
        {
            _failures.Add(words);
            Monitor.PulseAll(_changed);
        }
    }

    private void Stop()
    {
        lock (_changed)
        {
            _stopping = true;
            Monitor.PulseAll(_changed);
        }

        foreach (Thread thread in _threads)
        {
            if (!thread.Join(TimeSpan.FromMinutes(1)))
            {
                Failed($"{thread.Name}: a call does not return");
            }
        }
    }

    private void CloseRoots()
    {
        _roots.ForEach(root => root.Dispose());
    }
}
