using KafkaFs.Journal;
using KafkaFs.Posix;

namespace KafkaFs.MasterHost.FileSystem;

/// <summary>
/// What has been answered of an inode's content and is not applied, and what of that was lost. Kept while something is pending or
/// the file is open for writing. Fields are <see cref="EarlyWrites"/>'s, under its lock, but for <see cref="Last"/>.
/// </summary>
internal sealed class InodeWrites(FileId inode)
{
    /// <summary>Held while a WRITE of the inode is handed over: they go in the order in which they came.</summary>
    public Lock Order { get; } = new();

    /// <summary>The newest write, which may still grow; null once another record about the inode came. Under <see cref="Order"/>.</summary>
    public EarlyWrite? Last { get; set; }

    public FileId Inode { get; } = inode;

    // In the order in which they began; what has ended out of turn goes when it is the first.
    private readonly Queue<EarlyWrite> _pending = new();

    // Those of them behind which nothing is pending that ends farther, so each ends before the one in front of it: the first ends farthest.
    private readonly LinkedList<EarlyWrite> _farthest = new();

    /// <summary>Writes that were ever begun: they are numbered from 1.</summary>
    public long Begun { get; private set; }

    /// <summary>All up to this one have ended; the next one is pending, if there is one.</summary>
    public long EndedThrough => Begun - _pending.Count;

    public bool IsPending => _pending.Count > 0;

    /// <summary>The first byte after all that is pending; 0 if nothing is.</summary>
    public ulong PendingEnd => _farthest.First?.Value.End ?? 0;

    /// <summary>What is pending, in order.</summary>
    public IEnumerable<EarlyWrite> Pending => _pending.Where(static write => !write.HasEnded);

    /// <summary>Time of the newest pending write, nanoseconds since 1970.</summary>
    public long PendingTimeNs { get; set; }

    /// <summary><see cref="PendingTimeNs"/> was answered to somebody: what is written from here on has another one.</summary>
    public bool IsTimeShown { get; set; }

    /// <summary>Pending writes that drop suid and sgid.</summary>
    public int Killers { get; set; }

    /// <summary>Open handles that write.</summary>
    public int Handles { get; set; }

    /// <summary>How often an answered write was lost, and the errno of the last time.</summary>
    public int Losses { get; set; }

    public Errno LastLoss { get; set; }

    /// <summary>What waits until <see cref="EndedThrough"/> is at its <see cref="WriteWait.Through"/>.</summary>
    public List<WriteWait> Waiting { get; } = [];

    /// <summary>A write is pending from here on.</summary>
    public void Add(EarlyWrite write)
    {
        write.Number = ++Begun;
        _pending.Enqueue(write);
        Raise(write, write.End);
    }

    /// <summary>The write, which is the newest one, ends there now.</summary>
    public void Raise(EarlyWrite write, ulong end)
    {
        write.End = end;
        while (_farthest.Last is { } last && last.Value.End <= end)
        {
            _farthest.RemoveLast();
        }

        _farthest.AddLast(write);
    }

    /// <summary>The write is pending no more.</summary>
    public void Remove(EarlyWrite write)
    {
        write.HasEnded = true;
        bool isFirst = _pending.Peek() == write;
        while (_pending.TryPeek(out EarlyWrite? first) && first.HasEnded)
        {
            _pending.Dequeue();
        }

        if (isFirst)
        {
            if (_farthest.First?.Value == write)
            {
                _farthest.RemoveFirst();
            }
        }
        else if (_farthest.Remove(write))
        {
            // One that was given up: what began before it, and ends farther than what came after, counts again.
            List<EarlyWrite> rest = [.. Pending];
            _farthest.Clear();
            rest.ForEach(pending => Raise(pending, pending.End));
        }
    }
}
