namespace KafkaFs.Replica.Repair;

/// <summary>What a repair did.</summary>
/// <param name="Made">Objects that were nowhere and were made anew.</param>
/// <param name="PutBack">Objects that stood elsewhere, or lacked a name, and have all their names again.</param>
/// <param name="Foreign">Objects that are not the filesystem's, kept in `.kafkafs/foreign`.</param>
/// <param name="Contents">Files whose contents were fetched.</param>
/// <param name="Mended">Objects whose attributes, xattrs or times were set.</param>
public readonly record struct RepairCounts(long Made, long PutBack, long Foreign, long Contents, long Mended);
