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
    /// <inheritdoc/>
    public override string ToString() =>
        $"record {Offset} cannot be applied: {Action} of '{Path}' failed with {Errno}; it is tried again every second";
}
