using KafkaFs.Differential.Calls;

namespace KafkaFs.Differential.Runs;

/// <summary>Where a worker met a difference: after <see cref="Calls"/>, the last of which is the one that differs, or in the trees after them.</summary>
internal sealed record Difference(long Seed, int Worker, IReadOnlyList<Call> Calls, string What, bool InTree);
