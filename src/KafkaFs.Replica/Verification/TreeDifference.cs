namespace KafkaFs.Replica.Verification;

/// <summary>A place where the tree is not what the namespace says.</summary>
/// <param name="Path">Below the data root, bytes as they are; empty is the root.</param>
/// <param name="What">For a person: what the namespace has and what the tree has.</param>
public readonly record struct TreeDifference(byte[] Path, string What);
