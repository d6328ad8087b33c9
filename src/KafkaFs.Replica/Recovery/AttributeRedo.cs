using KafkaFs.Journal;
using KafkaFs.Posix;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Tree;

namespace KafkaFs.Replica.Recovery;

/// <summary>Step 7: every touched object gets all its attributes from the namespace; directories last, since what is done in them moves their times.</summary>
internal sealed class AttributeRedo(RecoveryPlan plan, NamespaceState state, TreePlace place, DataTree tree, Limbo limbo)
{
    public void Run()
    {
        EmptyLimbo();
        Reshape(isDirectory: false);
        Reshape(isDirectory: true);
    }

    private void Reshape(bool isDirectory)
    {
        foreach (FileId inode in plan.Inodes)
        {
            if (inode == FileId.Root || !state.TryGetAttributes(inode, out InodeAttributes attributes) || attributes.IsDirectory != isDirectory)
            {
                continue;
            }

            Errno errno = tree.Reshape(inode, state);
            if (errno is Errno.ENOENT or Errno.ESTALE)
            {
                throw TreeDamage.Missing(place, state, inode);
            }

            TreeRefusedException.ThrowIf(errno, "set attributes", DataTree.Describe(inode, state));
        }
    }

    // What is left there are second names of files that have found their places.
    private void EmptyLimbo()
    {
        foreach (byte[] name in limbo.Names())
        {
            FileId inode = FileIdOf(name);
            if (!IsInPlace(inode))
            {
                throw TreeDamage.Found(place, $"'.kafkafs/limbo/{System.Text.Encoding.UTF8.GetString(name)}' belongs nowhere");
            }

            TreeRefusedException.ThrowIf(place.Calls.Unlink(limbo.Fd, name), "unlink", ".kafkafs/limbo");
        }
    }

    private static FileId FileIdOf(byte[] name) =>
        ulong.TryParse(name, System.Globalization.NumberStyles.AllowHexSpecifier, System.Globalization.CultureInfo.InvariantCulture, out ulong value)
            ? new FileId(value)
            : FileId.None;

    private bool IsInPlace(FileId inode)
    {
        if (!plan.Older.TryGetValue(inode, out OlderObject older) || older.IsDirectory)
        {
            return false;
        }

        foreach ((FileId directory, byte[] name) in state.NamesOf(inode))
        {
            if (tree.Reach(directory, state, out DescriptorLease lease) == Errno.None)
            {
                using (lease)
                {
                    if (place.Calls.HasIdentity(lease.Fd, name, older.Identity, out bool same) == Errno.None && same)
                    {
                        return true;
                    }
                }
            }
        }

        return false;
    }
}
