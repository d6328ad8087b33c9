using System.Collections.Concurrent;

namespace KafkaFs.MasterHost.FileSystem;

/// <summary>
/// A queue of notifications with a thread of its own, which may block in the kernel for as long as a caller holds a lock there. Each is
/// sent again a second later, since an answer that was made before the change may reach the kernel's caches after the notification.
/// </summary>
/// <param name="send">Sends one; true for the first time. On the lane's thread.</param>
internal sealed class NotificationLane(string name, Action<Notification, bool> send) : IDisposable
{
    /// <summary>Notifications that a lane holds, at most; as many wait for their second time.</summary>
    public const int Capacity = 16_384;

    private const long RepeatAfterMs = 1_000;

    private readonly BlockingCollection<Notification> _queue = new(Capacity);
    private readonly Queue<(long DueMs, Notification Notification)> _repeats = new();

    public int Count => _queue.Count;

    public void Start() => new Thread(Run) { IsBackground = true, Name = name }.Start();

    /// <summary>False if there is no room. From any thread; never waits.</summary>
    public bool TryAdd(in Notification notification) => _queue.TryAdd(notification);

    /// <summary>Nothing is added any more; the thread ends when it is through. Its queue is left to it.</summary>
    public void Dispose() => _queue.CompleteAdding();

    private void Run()
    {
        while (!_queue.IsCompleted)
        {
            if (_queue.TryTake(out Notification notification, WaitMs()))
            {
                send(notification, true);
                _repeats.Enqueue((Environment.TickCount64 + RepeatAfterMs, notification with { HasContent = false }));
            }

            while (_repeats.TryPeek(out (long DueMs, Notification Notification) next) && (next.DueMs <= Environment.TickCount64 || _repeats.Count > Capacity))
            {
                send(_repeats.Dequeue().Notification, false);
            }
        }
    }

    private int WaitMs() => _repeats.TryPeek(out (long DueMs, Notification Notification) next)
        ? (int)Math.Clamp(next.DueMs - Environment.TickCount64, 0, RepeatAfterMs)
        : Timeout.Infinite;
}
