namespace KafkaFs.Fuse.Mount;

/// <summary>What keeps a mount from being made.</summary>
public enum FuseProblem
{
    /// <summary>No /dev/fuse, no right to open it, no fusermount3.</summary>
    NoFuse,

    /// <summary>The mountpoint is missing, no directory, not empty, or mounted already.</summary>
    Mountpoint,
}

/// <summary>A mount cannot be made here; the message says what was found and what to do.</summary>
public sealed class FuseUnavailableException(FuseProblem problem, string message) : Exception(message)
{
    public FuseProblem Problem { get; } = problem;
}
