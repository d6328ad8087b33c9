using KafkaFs.Journal;

namespace KafkaFs.Replica.Sessions;

/// <summary>A session that may write.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Master">UUID of its master.</param>
/// <param name="Run">The master's run.</param>
/// <param name="Records">Records that used up a sequence so far.</param>
/// <param name="StartedMs">Append time of its SessionStarted, milliseconds since 1970.</param>
/// <param name="LastMs">Append time of its last record.</param>
public sealed record OpenSession(SessionId Id, Guid Master, ulong Run, long Records, long StartedMs, long LastMs);
