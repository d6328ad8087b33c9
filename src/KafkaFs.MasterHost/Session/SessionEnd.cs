using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Posix;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.MasterHost.Session;

/// <summary>The last record of a session at a clean stop.</summary>
internal sealed class SessionEnd : PendingCall
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);

    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>
    /// Appends SessionEnded and waits a little, unless the journal is away or the session has not begun: without the record the next start closes it.
    /// </summary>
    public static async Task AppendAsync(MasterSession session)
    {
        if (session.Waits.IsStalled || session.Id == SessionId.None)
        {
            return;
        }

        SessionEnd end = new();
        Change change = new() { Kind = ChangeKind.SessionEnded };
        if (session.Submit(ref change, end) == Errno.None)
        {
            await Task.WhenAny(end._done.Task, Task.Delay(s_limit)).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public override void Complete(in Change change, Outcome outcome, Effects effects) => _done.TrySetResult();

    /// <inheritdoc/>
    public override void Abandon(Errno errno) => _done.TrySetResult();
}
