using KafkaFs.Journal;
using KafkaFs.Posix;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Tree;

namespace KafkaFs.Replica.Recovery;

/// <summary>This machine refused a call of a recovery (ENOSPC, EIO, ...): nothing is lost, and the recovery starts over.</summary>
internal sealed class TreeRefusedException(TreeResult result)
    : Exception($"{result.Action} of '{result.Path}' failed with {result.Errno}")
{
    public TreeResult Result { get; } = result;

    /// <summary>Throws unless the call on an inode's object succeeded. The words are made only then: most calls succeed.</summary>
    public static void ThrowIf(Errno errno, string action, FileId inode, IInodeSource inodes)
    {
        if (errno != Errno.None)
        {
            ThrowIf(errno, action, DataTree.Describe(inode, inodes));
        }
    }

    /// <summary>Throws unless the call on a name in a directory succeeded.</summary>
    public static void ThrowIf(Errno errno, string action, FileId directory, ReadOnlySpan<byte> name, IInodeSource inodes)
    {
        if (errno != Errno.None)
        {
            ThrowIf(errno, action, DataTree.Describe(directory, name, inodes));
        }
    }

    /// <summary>Throws unless the call succeeded, or found nothing there.</summary>
    public static void ThrowUnlessAbsent(Errno errno, string action, string path) => ThrowIf(UnlessAbsent(errno), action, path);

    /// <summary>The same, for a call on an inode's object.</summary>
    public static void ThrowUnlessAbsent(Errno errno, string action, FileId inode, IInodeSource inodes) => ThrowIf(UnlessAbsent(errno), action, inode, inodes);

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

    private static Errno UnlessAbsent(Errno errno) => IsAbsent(errno) ? Errno.None : errno;
}
