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

    /// <summary>It lacks what it held at its checkpoint, or its state files do: repair or rejoin.</summary>
    TreeDamaged,

    /// <summary>Its filesystem does not hold the limits of the KafkaFS filesystem.</summary>
    LimitsTooSmall,
}

/// <summary>A data root that cannot be used, with words that name it and say what to do. Nothing was changed.</summary>
public sealed class DataRootException(DataRootProblem problem, string message) : Exception(message)
{
    /// <summary>What the machine said, if it was the machine.</summary>
    public KafkaFs.Posix.Errno? Refusal { get; init; }

    /// <summary>The disk is full: trying again is right.</summary>
    public bool IsSpace => Refusal is KafkaFs.Posix.Errno.ENOSPC or KafkaFs.Posix.Errno.EDQUOT;

    public DataRootProblem Problem { get; } = problem;
}
