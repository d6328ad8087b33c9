namespace KafkaFs.Journal.Contract;

/// <summary>
/// What tells a log from every other: kept in a replica's checkpoint and compared when it resumes.
/// </summary>
/// <param name="Provider">`kafka` or `embedded`.</param>
/// <param name="Cluster">Kafka's cluster id; empty for the embedded journal.</param>
/// <param name="Log">Kafka's topic id, or the UUID in the embedded journal's file.</param>
public sealed record JournalIdentity(string Provider, string Cluster, string Log);
