using KafkaFs.Posix;

namespace KafkaFs.Replica.Tree;

/// <summary>Whether this machine made a record's effects real.</summary>
/// <param name="Errno">None, or why not; the same record may be tried again later.</param>
/// <param name="Path">The place below the data root, for a person.</param>
/// <param name="Action">What was tried there.</param>
public readonly record struct TreeResult(Errno Errno, string Path, string Action)
{
    public static TreeResult Success => new(Errno.None, "", "");

    public bool Succeeded => Errno == Errno.None;
}
