namespace KafkaFs.Journal.Check;

/// <summary>The rows of <see cref="RecoveryTable"/>: what can be found of a log that is, or is not, the one that a replica follows.</summary>
public enum LogRow
{
    TopicMissing,
    ProviderDiffers,
    ClusterIdDiffers,
    TopicIdDiffers,
    FileReplaced,
    PartitionCountChanged,
    Compaction,
    FiniteRetention,
    MessagesTooShort,
    EndsBefore,
    RecordsDeleted,
    NotAJournal,
    OtherFilesystem,
    TailDiffers,
    AcceptedUnproven,
    OffsetsMissing,
    LeaderEpochBelow,
    NothingDelivered,
    StartDeleted,
    UncleanElection,
    FewInSync,
    FewReplicas,
    CreateTime,
    MessageLimitLowered,
    SettingsUnverified,
    TreeAheadOfLog,
    TreeHoldsAnotherRecord,
    FormatRaised,
}
