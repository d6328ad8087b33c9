using KafkaFs.Journal;
using KafkaFs.Replica.Recovery;

namespace KafkaFs.Replica.Repair;

/// <summary>Where a repair gets the contents of files from. For one thread.</summary>
internal interface IContentSource
{
    /// <summary>Before anything is changed: throws what makes it impossible to get the contents of these files.</summary>
    void Prepare(RecoveryPlan plan, IReadOnlySet<FileId> files, CancellationToken stop);

    /// <summary>The content of one file, which is in its place with any content: what the plan's redo does not bring is there afterwards.</summary>
    void Fill(FileId file, CancellationToken stop);
}
