using KafkaFs.Journal;
using KafkaFs.Posix;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Tree;

namespace KafkaFs.Replica.Recovery;

/// <summary>Step 7: every touched object gets all its attributes from the namespace; directories last, since what is done in them moves their times.</summary>
internal sealed class AttributeRedo(RecoveryPlan plan, NamespaceState state, TreePlace place, DataTree tree)
{
    public void Run(CancellationToken stop)
    {
        Reshape(isDirectory: false, stop);
        Reshape(isDirectory: true, stop);
    }

    private void Reshape(bool isDirectory, CancellationToken stop)
    {
        foreach (FileId inode in plan.Inodes)
        {
            stop.ThrowIfCancellationRequested();
            if (inode == FileId.Root || !state.TryGetAttributes(inode, out InodeAttributes attributes) || attributes.IsDirectory != isDirectory)
            {
                continue;
            }

            Errno errno = tree.Reshape(inode, state);
            if (errno is Errno.ENOENT or Errno.ESTALE)
            {
                throw TreeDamage.Missing(place, state, inode);
            }

            TreeRefusedException.ThrowIf(errno, "set attributes", inode, state);
        }
    }

    /// <summary>The object of an older file stands at one of its names at least.</summary>
    public bool IsInPlace(FileId inode)
    {
        if (!plan.Older.TryGetValue(inode, out OlderObject older) || older.IsDirectory)
        {
            return false;
        }

        foreach ((FileId directory, byte[] name) in state.NamesOf(inode))
        {
            Errno errno = tree.Reach(directory, state, out DescriptorLease lease);
            bool same = false;
            if (errno == Errno.None)
            {
                using (lease)
                {
                    errno = place.Calls.HasIdentity(lease.Fd, name, older.Identity, out same);
                }
            }

            TreeRefusedException.ThrowUnlessAbsent(errno, "identify", inode, state);
            if (same)
            {
                return true;
            }
        }

        return false;
    }
}
