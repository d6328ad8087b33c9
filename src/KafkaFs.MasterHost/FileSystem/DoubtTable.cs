using KafkaFs.Journal;

namespace KafkaFs.MasterHost.FileSystem;

/// <summary>
/// Directories in which calls have changed names perhaps: their callers were told that the outcome is unknown, and the journal has not said it yet.
/// Safe for use from several threads.
/// </summary>
internal sealed class DoubtTable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<FileId, Doubts> _directories = [];

    /// <summary>A call in the directory is in doubt until <see cref="End"/>. None is no directory, for both.</summary>
    public void Begin(FileId directory)
    {
        if (directory.IsNone)
        {
            return;
        }

        lock (_gate)
        {
            if (!_directories.TryGetValue(directory, out Doubts? doubts))
            {
                _directories[directory] = doubts = new Doubts();
            }

            doubts.Count++;
        }
    }

    /// <summary>The outcome is known; calls what waits for that, which must not wait.</summary>
    public void End(FileId directory)
    {
        if (directory.IsNone)
        {
            return;
        }

        List<WriteWait> due = [];
        lock (_gate)
        {
            Doubts doubts = _directories[directory];
            if (--doubts.Count == 0)
            {
                _directories.Remove(directory);
                due = doubts.Waiting;
            }
        }

        due.ForEach(static wait => wait.Go());
    }

    /// <summary>Something in the directory is in doubt.</summary>
    public bool Contains(FileId directory)
    {
        lock (_gate)
        {
            return _directories.ContainsKey(directory);
        }
    }

    /// <summary>Lets <paramref name="wait"/> go when nothing in the directory is in doubt any more; false, and it does not go, if nothing is now.</summary>
    public bool TryWait(FileId directory, WriteWait wait)
    {
        lock (_gate)
        {
            bool isInDoubt = _directories.TryGetValue(directory, out Doubts? doubts);
            if (!wait.IsOver)
            {
                doubts?.Waiting.Add(wait);
            }

            return isInDoubt;
        }
    }

    /// <summary>The wait has ended before.</summary>
    public void LetGo(FileId directory, WriteWait wait)
    {
        lock (_gate)
        {
            if (_directories.TryGetValue(directory, out Doubts? doubts))
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
