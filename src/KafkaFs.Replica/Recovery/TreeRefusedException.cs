using KafkaFs.Posix;
using KafkaFs.Replica.Tree;

namespace KafkaFs.Replica.Recovery;

/// <summary>This machine refused a call of a recovery (ENOSPC, EIO, ...): nothing is lost, and the recovery starts over.</summary>
internal sealed class TreeRefusedException(TreeResult result)
    : Exception($"{result.Action} of '{result.Path}' failed with {result.Errno}")
{
    public TreeResult Result { get; } = result;

    /// <summary>Throws unless the call succeeded.</summary>
    public static void ThrowIf(Errno errno, string action, string path)
    {
        if (errno != Errno.None)
        {
            throw new TreeRefusedException(new TreeResult(errno, path, action));
        }
    }
}
