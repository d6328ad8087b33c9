namespace KafkaFs.Replica.Namespace;

/// <summary>What is replicated of an open session.</summary>
/// <param name="Master">UUID of the master.</param>
/// <param name="Run">The master's run that started it.</param>
/// <param name="Incarnation">Records of another incarnation are void.</param>
/// <param name="ExpectedSequence">The only sequence that is accepted next.</param>
/// <param name="LastCounter">Counter of the last FileId that it used.</param>
public readonly record struct SessionState(Guid Master, ulong Run, uint Incarnation, ulong ExpectedSequence, uint LastCounter);
