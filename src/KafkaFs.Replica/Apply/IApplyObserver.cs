using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.Replica.Apply;

/// <summary>
/// Follows what a replica applies; a master answers its calls from here. Called by the holder of the apply lock, in offset order,
/// outside the namespace's gate: an implementation may read the namespace freely, must not block, and must not append and wait.
/// </summary>
public interface IApplyObserver
{
    /// <summary>
    /// The last name of <paramref name="inode"/> is about to go, from namespace and tree: the last moment to keep hold of it. May
    /// come again for the same record if the machine refuses its effects meanwhile.
    /// </summary>
    /// <param name="timeNs">The record's time, nanoseconds since 1970: that of the inode's last change, which its attributes do not have yet.</param>
    void OnDying(FileId inode, long timeNs);

    /// <summary><paramref name="record"/> is evaluated, real in the tree, and published. Its bytes are valid during the call only.</summary>
    void OnApplied(in Change change, Outcome outcome, Effects effects, in JournalRecord record);
}
