namespace KafkaFs.Replica.Checkpoint;

/// <summary>There is no space for the new checkpoint; the old one is untouched.</summary>
public sealed class CheckpointSpaceException(string message, Exception? innerException = null) : IOException(message, innerException);
