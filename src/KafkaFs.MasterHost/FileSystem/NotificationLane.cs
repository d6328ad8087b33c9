using System.Collections.Concurrent;
using KafkaFs.Journal;

namespace KafkaFs.MasterHost.FileSystem;

/// <summary>
/// A queue of notifications with a thread of its own, which may block in the kernel for as long as a caller holds a lock there: then another thread
/// goes on with what is behind it, except for what is about the same inode, which waits for the first thread. Each is sent again a second later, since
/// an answer that was made before the change may reach the kernel's caches after the notification.
/// </summary>
internal sealed class NotificationLane : IDisposable
{
    /// <summary>Threads that may be blocked at a time.</summary>
    public const int MaxThreads = 16;

    public const int RepeatAfterMs = 1_000;
    private const long BlockedAfterMs = 100;

    private readonly string _name;
    private readonly Action<Notification, bool> _send;
    private readonly int _capacity;
    private readonly BlockingCollection<Notification> _queue;
    private readonly Timer _look;

    // The inodes, or directories of names, that the kernel is being told of, and what is to come after that: it would wait for the same lock.
    private readonly Dictionary<FileId, Queue<(Notification Notification, bool IsFirst)>?> _underWay = [];
    private int _behind;

    // What is sent again, by whichever thread comes back first. Under the lock of the table above.
    private readonly Queue<(long DueMs, Notification Notification)> _repeats = new();
    private int _threads;
    private int _isLooked;
    private long _takenMs = Environment.TickCount64;

    /// <param name="send">Sends one; true for the first time. On a thread of the lane.</param>
    /// <param name="capacity">Notifications that it holds, at most; as many wait for their second time.</param>
    public NotificationLane(string name, Action<Notification, bool> send, int capacity)
    {
        (_name, _send, _capacity, _queue) = (name, send, capacity, new BlockingCollection<Notification>(capacity));
        _look = new Timer(_ => Look());
    }

    public int Count => _queue.Count + Volatile.Read(ref _behind);

    public void Start()
    {
        int number = Interlocked.Increment(ref _threads);
        new Thread(Run) { IsBackground = true, Name = number == 1 ? _name : $"{_name}-{number}" }.Start();
    }

    /// <summary>False if there is no room. From any thread; never waits.</summary>
    public bool TryAdd(in Notification notification)
    {
        bool isAdded = Count < _capacity && _queue.TryAdd(notification);
        LookLater();
        return isAdded;
    }

    /// <summary>Nothing is added any more; the thread ends when it is through. Its queue is left to it.</summary>
    public void Dispose()
    {
        _look.Dispose();
        _queue.CompleteAdding();
    }

    private void LookLater()
    {
        if (Volatile.Read(ref _isLooked) == 0 && Interlocked.Exchange(ref _isLooked, 1) == 0)
        {
            _look.Change(BlockedAfterMs, Timeout.Infinite);
        }
    }

    private void Look()
    {
        Volatile.Write(ref _isLooked, 0);
        if (_queue.Count == 0 || _queue.IsAddingCompleted)
        {
            return;
        }

        bool isBlocked = Environment.TickCount64 - Volatile.Read(ref _takenMs) >= BlockedAfterMs;
        if (isBlocked && Volatile.Read(ref _threads) is > 0 and < MaxThreads)
        {
            Start();
        }

        LookLater();
    }

    private void Run()
    {
        while (!_queue.IsCompleted)
        {
            if (_queue.TryTake(out Notification notification, WaitMs()))
            {
                Volatile.Write(ref _takenMs, Environment.TickCount64);
                Send((notification, true));
            }

            while (TryTakeDue(out notification))
            {
                Send((notification, false));
            }
        }
    }

    // Goes on for as long as other threads find more about the inode; they see to the rest meanwhile.
    private void Send((Notification Notification, bool IsFirst) next)
    {
        FileId inode = next.Notification.Inode;
        if (!TryBegin(inode, next))
        {
            return;
        }

        do
        {
            _send(next.Notification, next.IsFirst);
        }
        while (TryGoOn(inode, next, out next));
    }

    // False: another thread is at it, and goes on with it.
    private bool TryBegin(FileId inode, (Notification Notification, bool IsFirst) next)
    {
        lock (_underWay)
        {
            if (_underWay.TryAdd(inode, null))
            {
                return true;
            }

            (_underWay[inode] ??= new()).Enqueue(next);
            _behind++;
            return false;
        }
    }

    private bool TryGoOn(FileId inode, (Notification Notification, bool IsFirst) sent, out (Notification Notification, bool IsFirst) next)
    {
        lock (_underWay)
        {
            if (sent.IsFirst)
            {
                _repeats.Enqueue((Environment.TickCount64 + RepeatAfterMs, sent.Notification.Again));
            }

            if (_underWay[inode] is { Count: > 0 } behind)
            {
                next = behind.Dequeue();
                _behind--;
                return true;
            }

            _underWay.Remove(inode);
            next = default;
            return false;
        }
    }

    private bool TryTakeDue(out Notification notification)
    {
        lock (_underWay)
        {
            bool isDue = _repeats.TryPeek(out (long DueMs, Notification Notification) next) && (next.DueMs <= Environment.TickCount64 || _repeats.Count > _capacity);
            notification = isDue ? _repeats.Dequeue().Notification : default;
            return isDue;
        }
    }

    // Another thread may leave repeats behind, and be blocked then.
    private int WaitMs()
    {
        lock (_underWay)
        {
            return _repeats.TryPeek(out (long DueMs, Notification Notification) next) ? (int)Math.Clamp(next.DueMs - Environment.TickCount64, 0, RepeatAfterMs)
                : Volatile.Read(ref _threads) > 1 ? (int)RepeatAfterMs
                : Timeout.Infinite;
        }
    }
}
