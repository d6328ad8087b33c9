using KafkaFs.Journal;

namespace KafkaFs.MasterHost.FileSystem;

/// <summary>
/// Inodes that calls have changed perhaps, or in which they have changed names: their callers were told that the outcome is unknown, and the journal has
/// not said it yet.
/// Safe for use from several threads.
/// </summary>
internal sealed class DoubtTable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<FileId, Doubts> _inodes = [];

    /// <summary>A call on the inode is in doubt until <see cref="End"/>. None is no inode, for both.</summary>
    public void Begin(FileId inode)
    {
        if (inode.IsNone)
        {
            return;
        }

        lock (_gate)
        {
            if (!_inodes.TryGetValue(inode, out Doubts? doubts))
            {
                _inodes[inode] = doubts = new Doubts();
            }

            doubts.Count++;
        }
    }

    /// <summary>The outcome is known; calls what waits for that, which must not wait.</summary>
    public void End(FileId inode)
    {
        if (inode.IsNone)
        {
            return;
        }

        List<WriteWait> due = [];
        lock (_gate)
        {
            Doubts doubts = _inodes[inode];
            if (--doubts.Count == 0)
            {
                _inodes.Remove(inode);
                due = doubts.Waiting;
            }
        }

        due.ForEach(static wait => wait.Go());
    }

    /// <summary>A call on the inode is in doubt.</summary>
    public bool Contains(FileId inode)
    {
        lock (_gate)
        {
            return _inodes.ContainsKey(inode);
        }
    }

    /// <summary>Lets <paramref name="wait"/> go when no call on the inode is in doubt any more; false, and it does not go, if none is now.</summary>
    public bool TryWait(FileId inode, WriteWait wait)
    {
        lock (_gate)
        {
            bool isInDoubt = _inodes.TryGetValue(inode, out Doubts? doubts);
            if (!wait.IsOver)
            {
                doubts?.Waiting.Add(wait);
            }

            return isInDoubt;
        }
    }

    /// <summary>The wait has ended before.</summary>
    public void LetGo(FileId inode, WriteWait wait)
    {
        lock (_gate)
        {
            if (_inodes.TryGetValue(inode, out Doubts? doubts))
            {
                doubts.Waiting.Remove(wait);
            }
        }
    }

    private sealed class Doubts
    {
        public int Count { get; set; }

        public List<WriteWait> Waiting { get; } = [];
    }
}
