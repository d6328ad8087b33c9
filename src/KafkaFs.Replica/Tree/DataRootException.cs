namespace KafkaFs.Replica.Tree;

/// <summary>What is wrong with a data root.</summary>
public enum DataRootProblem
{
    /// <summary>It cannot be created, opened or written.</summary>
    Unusable,

    /// <summary>Another process has it.</summary>
    InUse,

    /// <summary>It holds files that are not KafkaFS's.</summary>
    NotAReplica,

    /// <summary>It has a default ACL, which would change every mode.</summary>
    DefaultAcl,



    /// <summary>Its filesystem does not hold the limits of the KafkaFS filesystem.</summary>
    LimitsTooSmall,
