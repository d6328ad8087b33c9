namespace KafkaFs.Differential.Generation;

/// <summary>What the two filesystems have in common, found out before the first call.</summary>
/// <param name="DirectAlignment">Bytes that places, lengths and memory of O_DIRECT are to be multiples of.</param>
/// <param name="SeesChanges">Two changes have two times if the first was asked for (since Linux 6.13).</param>
internal sealed record SideProfile(int DirectAlignment, bool SubjectLacksZeroRange, bool ReferenceLacksZeroRange, bool HasXfs, bool SeesChanges);
