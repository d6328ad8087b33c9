using KafkaFs.Fuse.Session;
using KafkaFs.MasterHost.Session;
using KafkaFs.Posix;
using KafkaFs.Posix.Processes;

namespace KafkaFs.MasterHost.FileSystem;

/// <summary>
/// A call that waits for writes that were answered early: while the journal is stalled it may end before them, and they stay queued. A process that
/// exits gets no INTERRUPT for its FLUSH, so the caller itself is looked at.
/// </summary>
/// <param name="go">Answers the request.</param>
internal sealed class WriteWait(FuseRequest request, JournalWaits waits, Action go) : IJournalWait
{
    private readonly uint _caller = request.Thread;
    private volatile bool _isInterrupted;
    private int _isOver;

    /// <inheritdoc/>
    public bool IsInterrupted
    {
        get => _isInterrupted || ProcessStat.IsCallerEnding(_caller);
        set => _isInterrupted = value;
    }

    /// <summary>
    /// Notes that the caller is told of what it waits for, up to the number of a write, as lost, and returns that; null: the caller only looks.
    /// </summary>
    public Func<long, IReadOnlyList<PendingCall>>? Tell { get; init; }

    /// <summary>Number of the last write that it waits for. <see cref="EarlyWrites"/>'s, under its lock, as <see cref="Room"/>.</summary>
    public long Through { get; set; }

    /// <summary>Bytes that are kept free for what it is to write.</summary>
    public int Room { get; set; }

    /// <summary>It has ended before what it waits for, and is not to be kept there.</summary>
    public required Action<WriteWait> LetGo { get; init; }

    /// <summary>It waits no more.</summary>
    public bool IsOver => Volatile.Read(ref _isOver) != 0;

    /// <summary>What it waits for after that; true if it does.</summary>
    public Func<WriteWait, bool>? WaitsOn { get; init; }

    /// <summary>What it waited for is over.</summary>
    public void Go()
    {
        if (WaitsOn?.Invoke(this) != true && TryTake())
        {
            go();
        }
    }

    /// <inheritdoc/>
    public bool TryEnd(Errno errno)
    {
        bool isTaken = TryTake();
        if (isTaken)
        {
            Answer(errno);
        }

        return isTaken;
    }

    /// <inheritdoc/>
    public bool TryFail(out IReadOnlyList<PendingCall> forsaken)
    {
        bool isTaken = TryTake();
        forsaken = isTaken && Tell is not null ? Tell(Through) : [];
        if (isTaken)
        {
            Answer(Errno.EIO);
        }

        return isTaken;
    }

    private void Answer(Errno errno)
    {
        LetGo(this);
        request.ReplyError(errno);
    }

    private bool TryTake() => waits.TryTake(this, ref _isOver);
}
