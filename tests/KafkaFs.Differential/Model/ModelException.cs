namespace KafkaFs.Differential.Model;

/// <summary>The reference answered what the model holds to be impossible: a mistake of this program, or a reference that is no filesystem.</summary>
internal sealed class ModelException(string message) : Exception(message);
