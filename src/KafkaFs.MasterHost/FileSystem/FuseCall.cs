using KafkaFs.Fuse.Session;
using KafkaFs.Journal.Codec;
using KafkaFs.MasterHost.Session;
using KafkaFs.Posix;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.MasterHost.FileSystem;

/// <summary>How a call is answered once its record has succeeded.</summary>
internal delegate void CallCompletion(FuseRequest request, in Change change, Effects effects);

/// <summary>A call of the mount that waits for its record. An errno that evaluation finds is the answer.</summary>
internal sealed class FuseCall(FuseRequest request, CallCompletion succeed) : PendingCall
{
    /// <summary>Instead of answering an errno; true if it has answered.</summary>
    public Func<FuseRequest, Errno, bool>? OnError { get; init; }

    /// <inheritdoc/>
    public override void Complete(in Change change, Outcome outcome, Effects effects)
    {
        if (outcome.Errno == Errno.None)
        {
            succeed(request, change, effects);
        }
        else if (OnError is null || !OnError(request, outcome.Errno))
        {
            request.ReplyError(outcome.Errno);
        }
    }

    /// <inheritdoc/>
    public override void Abandon(Errno errno) => request.ReplyError(errno);
}
