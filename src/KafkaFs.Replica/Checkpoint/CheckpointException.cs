namespace KafkaFs.Replica.Checkpoint;

/// <summary>A checkpoint file that cannot be used, with words: no index, a newer format, damaged.</summary>
public sealed class CheckpointException(string message, Exception? innerException = null) : Exception(message, innerException);
