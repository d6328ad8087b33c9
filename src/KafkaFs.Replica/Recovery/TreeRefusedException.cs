using KafkaFs.Posix;
using KafkaFs.Replica.Tree;

namespace KafkaFs.Replica.Recovery;

/// <summary>This machine refused a call of a recovery (ENOSPC, EIO, ...): nothing is lost, and the recovery starts over.</summary>
internal sealed class TreeRefusedException(TreeResult result)
    : Exception($"{result.Action} of '{result.Path}' failed with {result.Errno}")
{
    public TreeResult Result { get; } = result;

    /// <summary>Throws unless the call succeeded, or found nothing there.</summary>
    public static void ThrowUnlessAbsent(Errno errno, string action, string path) =>
        ThrowIf(IsAbsent(errno) ? Errno.None : errno, action, path);

    /// <summary>There is nothing at a name, or not what was looked for: the only errors that say something of the tree.</summary>
    public static bool IsAbsent(Errno errno) => errno is Errno.ENOENT or Errno.ESTALE or Errno.ENOTDIR;

    /// <summary>Throws unless the call succeeded.</summary>
    public static void ThrowIf(Errno errno, string action, string path)
    {
        if (errno != Errno.None)
        {
            throw new TreeRefusedException(new TreeResult(errno, path, action));
        }
    }
}
