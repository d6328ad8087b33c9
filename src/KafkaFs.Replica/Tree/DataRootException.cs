using KafkaFs.Posix;

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
/// <param name="refusal">See <see cref="Refusal"/>.</param>
public sealed class DataRootException(DataRootProblem problem, string message, Errno? refusal = null) : Exception(message)
{
    public DataRootProblem Problem { get; } = problem;

    /// <summary>What this machine said to a call that can be made again; null for everything else, also for a sync of the whole tree.</summary>
    public Errno? Refusal { get; } = refusal;

    /// <summary>There is no space, or no quota: the same call succeeds once there is.</summary>
    public bool IsSpace => Refusal is Errno.ENOSPC or Errno.EDQUOT;
}
