namespace KafkaFs.Replica.Checkpoint;

/// <summary>There is no space or quota for the new checkpoint, or its file is read-only for now; the old one is untouched.</summary>
public sealed class CheckpointSpaceException(string message, Exception? innerException = null) : IOException(message, innerException);
