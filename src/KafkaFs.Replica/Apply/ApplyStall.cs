using KafkaFs.Posix;

namespace KafkaFs.Replica.Apply;

/// <summary>
/// A record that this machine cannot make real now (ENOSPC, EIO, ...): the replica stands before it and tries again by itself.
/// </summary>
/// <param name="Offset">The record.</param>
/// <param name="Errno">What the machine said.</param>
/// <param name="Path">The place in the tree, for a person.</param>
/// <param name="Action">What was tried there.</param>
/// <param name="Since">When it was refused first.</param>
public sealed record ApplyStall(long Offset, Errno Errno, string Path, string Action, DateTimeOffset Since)
{
    /// <summary>An object that the namespace has is not in the tree: by somebody's hand, and no waiting brings it back.</summary>
    public bool IsDrift => Errno is Errno.ENOENT or Errno.ESTALE or Errno.ENOTDIR;

    /// <inheritdoc/>
    public override string ToString() => IsDrift
        ? $"record {Offset} cannot be applied: {Action} of '{Path}' failed with {Errno}: it was removed or replaced by another hand; put it back, or stop this host and run `kafkafs repair`"
        : $"record {Offset} cannot be applied: {Action} of '{Path}' failed with {Errno}; it is tried again every second";
}
