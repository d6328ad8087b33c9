namespace KafkaFs.Posix.Suite.Running;

/// <summary>What a rule needs before it can check anything is not there: the rest of it is not run, and it has failed.</summary>
internal sealed class RuleBrokenException(string message) : Exception(message);
