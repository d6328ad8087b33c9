using KafkaFs.Posix;

namespace KafkaFs.Replica.Tree;

/// <summary>Where a tree lies, and by which calls it is reached. The descriptors belong to the data root.</summary>
/// <param name="Calls">The system calls.</param>
/// <param name="Root">The data root, open for reading.</param>
/// <param name="Own">Its `.kafkafs`, open for reading.</param>
/// <param name="Path">The data root, for a person.</param>
internal sealed record TreePlace(ITreeCalls Calls, SafeFd Root, SafeFd Own, string Path)
{
    /// <summary>Opens or makes a directory in `.kafkafs`. Throws <see cref="DataRootException"/>.</summary>
    internal SafeFd OpenOwnDirectory(ReadOnlySpan<byte> name)
    {
        Errno errno = Calls.MakeDirectory(Own, name, 0x1c0);
        SafeFd fd = new();
        errno = errno is Errno.EEXIST or Errno.None
            ? Calls.Open(Own, name, Posix.Files.OpenFlags.ReadOnly | Posix.Files.OpenFlags.Directory, 0, out fd)
            : errno;
        return errno == Errno.None
            ? fd
            : throw new DataRootException(
                DataRootProblem.Unusable, $"data root '{Path}' cannot be used: {DataRoot.OwnName}/{System.Text.Encoding.UTF8.GetString(name)}: {DataRoot.Describe(errno)}", errno);
    }
}
