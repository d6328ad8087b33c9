using KafkaFs.Journal.Codec;
using KafkaFs.Journal.Contract;
using KafkaFs.Posix;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Tree;

namespace KafkaFs.Replica.Recovery;

/// <summary>
/// Step 6: changes of contents are redone in the order of the log, on every inode that lives: a byte that is not what it was at the
/// checkpoint was changed by one of them.
/// </summary>
internal sealed class ContentRedo(RecoveryPlan plan, NamespaceState state, TreePlace place, DataTree tree, IJournal journal)
{
    private int _next;

    /// <inheritdoc cref="ReplicaOptions.Progress"/>
    public WorkProgress? Progress { get; init; }

    /// <summary>Reads the records again, from the first change of a content to <paramref name="end"/>.</summary>
    public void Run(long end, CancellationToken stop)
    {
        if (plan.Content.Count > 0)
        {
            Progress?.Begin("recovery: writing contents again", "changes", plan.Content.Count);
            LogRange.Read(journal, plan.Content[0].RecordOffset, end, state.AcceptedGap, Redo, stop);
        }

        tree.CloseWriters();
    }

    private void Redo(in JournalRecord record)
    {
        if (_next == plan.Content.Count || plan.Content[_next].RecordOffset != record.Offset)
        {
            return;
        }

        ContentChange redone = plan.Content[_next++];
        Progress?.Advance();
        if (!state.TryGetAttributes(redone.Inode, out _))
        {
            return;
        }

        if (!ChangeCodec.TryDecode(record.Bytes, out Change change, out string? defect))
        {
            throw new InvalidOperationException($"Record {record.Offset}, which was accepted, is malformed now: {defect}.");
        }

        Errno errno = tree.RedoContent(change, redone, state);
        if (errno is Errno.ENOENT or Errno.ESTALE)
        {
            throw TreeDamage.Missing(place, state, redone.Inode);
        }

        if (errno != Errno.None)
        {
            TreeRefusedException.ThrowIf(errno, $"redo {redone.Kind}", redone.Inode, state);
        }
    }
}
