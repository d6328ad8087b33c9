using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Journal.Contract;
using KafkaFs.MasterHost.FileSystem;
using KafkaFs.Replica.Apply;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.MasterHost.Session;

/// <summary>Hands each applied record to whom it concerns: the session's start, the calls that wait, the orphans, the kernel.</summary>
internal sealed class MasterObserver(MasterSession session, SessionStart start, MasterFileSystem fileSystem, OwnAppends appends, LogEnd? logEnd) : IApplyObserver
{
    /// <inheritdoc/>
    public void OnDying(FileId inode, long timeNs) => fileSystem.Orphans.Keep(inode, timeNs);

    /// <inheritdoc/>
    public void OnApplied(in Change change, Outcome outcome, Effects effects, in JournalRecord record)
    {
        if (!effects.Dying.IsNone)
        {
            fileSystem.Orphans.Settle(effects.Dying);
        }

        start.OnApplied(change, outcome);
        if (change.Header.Session != SessionId.None && change.Header.Session == session.Id)
        {
            fileSystem.Notifier.OnOwn(change, effects);
            session.OnApplied(change, outcome, effects, record.Bytes);
        }
        else
        {
            appends.OnForeign();
            fileSystem.Notifier.OnForeign(change, effects);
        }

        logEnd?.OnApplied(record.Offset + 1);
    }
}
