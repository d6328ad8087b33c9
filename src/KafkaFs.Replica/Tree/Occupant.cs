namespace KafkaFs.Replica.Tree;

/// <summary>What stands at a name of the tree.</summary>
internal enum Occupant
{
    Nothing,

    /// <summary>The object of the inode that the namespace has there.</summary>
    Expected,

    /// <summary>Something that came by another hand; it is moved to `.kafkafs/foreign`, never deleted.</summary>
    Stranger,
}
