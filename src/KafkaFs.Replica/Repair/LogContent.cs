using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Journal.Contract;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Recovery;
using KafkaFs.Replica.Tree;
using KafkaFs.Replica.Verification;

namespace KafkaFs.Replica.Repair;

/// <summary>Contents from the journal: every change since a file's birth is evaluated again, and redone with the rest of the plan.</summary>
internal sealed class LogContent(StoppedReplica replica, IJournal journal, JournalBounds bounds) : IContentSource
{
    /// <summary>
    /// Replays the log from its first record in memory. Throws <see cref="JournalRefusedException"/> if records are deleted from it, or if it does
    /// not lead to the namespace that the replica has.
    /// </summary>
    public void Prepare(RecoveryPlan plan, IReadOnlySet<FileId> files, CancellationToken stop)
    {
        if (files.Count == 0)
        {
            return;
        }

        if (bounds.First > 0)
        {
            throw new JournalRefusedException(
                JournalRefusal.Deleted,
                $"records 0..{bounds.First - 1} are deleted from the journal, so that the contents of {files.Count} files cannot be made from it: take them from another replica (--from)");
        }

        NamespaceState state = new() { AcceptedGap = replica.Namespace.AcceptedGap };
        RecordReplay replay = new(state);
        List<ContentChange> whole = [];
        LogRange.Read(journal, 0, replica.Namespace.NextOffset, state.AcceptedGap, (in JournalRecord record) => replay.Replay(record, Collect), stop);
        if (state.StateHash != replica.Namespace.StateHash)
        {
            throw new JournalRefusedException(
                JournalRefusal.Replaced,
                $"the journal leads to another state at {state.NextOffset} than this replica has (state hashes {state.StateHash:x32} and {replica.Namespace.StateHash:x32}); {DataRoot.RejoinAdvice}");
        }

        plan.ReplaceContent(files, whole);

        void Collect(in Change change, Effects effects, long offset)
        {
            if (effects.Kind is EffectKind.Write or EffectKind.Truncate or EffectKind.Allocate && files.Contains(effects.Inode))
            {
                whole.Add(ContentChange.Of(effects, state, offset));
            }
        }
    }

    /// <summary>Empties it: the redo of the plan brings the rest.</summary>
    public void Fill(FileId file, CancellationToken stop)
    {
        string path = DataTree.Describe(file, replica.Namespace);
        Errno errno = replica.Tree.OpenFile(file, OpenFlags.ReadWrite, replica.Namespace, out SafeFd content);
        using (content)
        {
            TreeRefusedException.ThrowIf(errno, "open for writing", path);
            TreeRefusedException.ThrowIf(replica.Root.Place.Calls.Truncate(content, 0), "truncate", path);
        }
    }
}
