using KafkaFs.Fuse.Session;
using KafkaFs.Journal.Codec;
using KafkaFs.MasterHost.Session;
using KafkaFs.Posix;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.MasterHost.FileSystem;

/// <summary>How a call is answered once its record has succeeded.</summary>
internal delegate void CallCompletion(FuseRequest request, in Change change, Effects effects);

/// <summary>What a part of a Write does beyond the tree, once its record has succeeded.</summary>
internal delegate Errno PartCompletion(in Change part, Effects effects);

/// <summary>A call of the mount that waits for its record. An errno that evaluation finds is the answer.</summary>
internal sealed class FuseCall(FuseRequest request, CallCompletion succeed) : PendingCall
{
    private volatile bool _isInterrupted;

    /// <summary>An errno of evaluation that the kernel is told as another one.</summary>
    public Func<Errno, Errno>? Translate { get; init; }

    /// <summary>For a Write that went in parts.</summary>
    public PartCompletion? Part { get; init; }

    /// <summary>Somebody wants it to end early; looked at after it was submitted.</summary>
    public bool IsInterrupted
    {
        get => _isInterrupted;
        set => _isInterrupted = value;
    }

    /// <inheritdoc/>
    public override void Complete(in Change change, Outcome outcome, Effects effects)
    {
        if (outcome.Errno == Errno.None)
        {
            succeed(request, change, effects);
        }
        else
        {
            request.ReplyError(Translate?.Invoke(outcome.Errno) ?? outcome.Errno);
        }
    }

    /// <inheritdoc/>
    public override Errno ApplyPart(in Change part, Effects effects) => Part?.Invoke(part, effects) ?? base.ApplyPart(part, effects);

    /// <inheritdoc/>
    public override void CompleteParts(uint written, Errno errno)
    {
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
    public override void Abandon(Errno errno) => request.ReplyError(errno);
}
