using KafkaFs.Fuse.Session;
using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.MasterHost.Session;
using KafkaFs.Posix;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.MasterHost.FileSystem;

/// <summary>How a call is answered once its record has succeeded.</summary>
internal delegate void CallCompletion(FuseRequest request, in Change change, Effects effects);

/// <summary>What a part of a Write does beyond the tree, once its record has succeeded.</summary>
internal delegate Errno PartCompletion(in Change part, Effects effects);

/// <summary>What is done when the record of a call succeeds whose caller was answered before.</summary>
internal delegate void LateCompletion(in Change change, Effects effects);

/// <summary>
/// A call of the mount that waits for its record. An errno that evaluation finds is the answer. While the journal is stalled it may end early; then its
/// record is as one of another master.
/// </summary>
internal sealed class FuseCall(FuseRequest request, JournalWaits waits, CallCompletion succeed) : PendingCall, IJournalWait
{
    private volatile bool _isInterrupted;
    private volatile bool _isInDoubt;
    private int _isOver;

    /// <summary>Takes the record back if the journal was not given it.</summary>
    public required Predicate<PendingCall> Withdraw { get; init; }

    /// <summary>Told of the directories whose names the call changes, or of the inode that it changes, while its outcome is unknown.</summary>
    public required DoubtTable Doubts { get; init; }

    public required (FileId First, FileId Second) Inodes { get; init; }

    /// <summary>An errno of evaluation that the kernel is told as another one.</summary>
    public Func<Errno, Errno>? Translate { get; init; }

    /// <summary>For a Write that went in parts.</summary>
    public PartCompletion? Part { get; init; }

    /// <summary>For a record, or a part of one, that is applied after the caller was answered.</summary>
    public required LateCompletion Late { get; init; }

    /// <inheritdoc/>
    public bool IsInterrupted
    {
        get => _isInterrupted;
        set => _isInterrupted = value;
    }

    /// <inheritdoc/>
    public override void Complete(in Change change, Outcome outcome, Effects effects)
    {
        if (!TryTake())
        {
            Late(change, effects);
            EndDoubt();
        }
        else if (outcome.Errno == Errno.None)
        {
            succeed(request, change, effects);
        }
        else
        {
            request.ReplyError(Translate?.Invoke(outcome.Errno) ?? outcome.Errno);
        }
    }

    /// <inheritdoc/>
    public override Errno ApplyPart(in Change part, Effects effects)
    {
        if (Volatile.Read(ref _isOver) != 0)
        {
            Late(part, effects);
        }

        return Part?.Invoke(part, effects) ?? base.ApplyPart(part, effects);
    }

    /// <inheritdoc/>
    public override void CompleteParts(uint written, Errno errno)
    {
        if (!TryTake())
        {
            EndDoubt();
            return;
        }

        if (written > 0)
        {
            request.ReplyWritten(written);
        }
        else
        {
            request.ReplyError(errno);
        }
    }

    /// <inheritdoc/>
    public override void Abandon(Errno errno)
    {
        if (TryTake())
        {
            request.ReplyError(errno);
        }
        else
        {
            EndDoubt();
        }
    }

    /// <summary>Ends without a trace; false if it is too late.</summary>
    public bool TryWithdraw(Errno errno)
    {
        bool isWithdrawn = Withdraw(this);
        if (isWithdrawn)
        {
            Abandon(errno);
        }

        return isWithdrawn;
    }

    /// <inheritdoc/>
    public bool TryEnd(Errno errno)
    {
        if (TryWithdraw(errno))
        {
            return true;
        }

        // Before somebody else can find that it is over.
        BeginDoubt();
        bool isTaken = TryTake();
        if (isTaken)
        {
            request.ReplyError(errno);
        }
        else
        {
            EndDoubt();
        }

        return isTaken;
    }

    /// <inheritdoc/>
    public bool TryFail(out IReadOnlyList<PendingCall> forsaken)
    {
        forsaken = [this];
        return TryEnd(Errno.EIO);
    }

    private void BeginDoubt()
    {
        _isInDoubt = true;
        Doubts.Begin(Inodes.First);
        Doubts.Begin(Inodes.Second);
    }

    private void EndDoubt()
    {
        if (_isInDoubt)
        {
            Doubts.End(Inodes.First);
            Doubts.End(Inodes.Second);
        }
    }

    // The request is somebody else's once it is answered: only who gets true may touch it.
    private bool TryTake() => waits.TryTake(this, ref _isOver);
}
