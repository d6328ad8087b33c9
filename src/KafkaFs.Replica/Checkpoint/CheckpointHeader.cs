using KafkaFs.Journal.Contract;

namespace KafkaFs.Replica.Checkpoint;

/// <summary>Which log a checkpoint was made from, and where it stands in it.</summary>
/// <param name="Journal">The log.</param>
/// <param name="NextOffset">Offset of the first record that is not in the checkpoint.</param>
/// <param name="LastRecordHash">SHA-256 of the record before; empty if there is none.</param>
/// <param name="Root">Identity of the data root: the objects that the index names are below it, and not below a copy of it.</param>
/// <param name="Horizon">No record at or past this offset is applied before the next checkpoint; at least NextOffset.</param>
/// <param name="LeaderEpoch">The highest epoch of the partition's leader that was seen; -1 for none.</param>
public sealed record CheckpointHeader(JournalIdentity Journal, long NextOffset, byte[] LastRecordHash, byte[] Root, long Horizon, int LeaderEpoch = -1);
