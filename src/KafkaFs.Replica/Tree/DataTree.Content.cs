using KafkaFs.Journal.Codec;
using KafkaFs.Posix;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.Replica.Tree;

/// <summary>Effects on content and extended attributes.</summary>
public sealed partial class DataTree
{
    private Errno Write(in Change change, Effects effects, IInodeSource inodes)
    {
        Errno errno = Writer(effects.Inode, inodes, out SafeFd writer);
        return errno != Errno.None ? errno : Failed(_calls.WriteAll(writer, change.Data, effects.Offset), "write");
    }

    private Errno Truncate(Effects effects, IInodeSource inodes)
    {
        effects.TryGetUpdate(effects.Inode, out InodeUpdate update);
        Errno errno = Writer(effects.Inode, inodes, out SafeFd writer);
        return errno != Errno.None ? errno : Failed(_calls.Truncate(writer, update.After.Size), "truncate");
    }

    private Errno Allocate(in Change change, Effects effects, IInodeSource inodes)
    {
        Errno errno = Writer(effects.Inode, inodes, out SafeFd writer);
        if (errno != Errno.None)
        {
            return errno;
        }

        effects.TryGetUpdate(effects.Inode, out InodeUpdate update);
        inodes.TryGetAttributes(effects.Inode, out InodeAttributes before);
        return Failed(_calls.Allocate(writer, change.Mode, change.Offset, change.Length, before.Size, update.After.Size), "fallocate");
    }

    private Errno ChangeXattr(in Change change, Effects effects, IInodeSource inodes)
    {
        if (!ProjectedAttributes.HasXattr(_ownership, change.Name))
        {
            return Errno.None;
        }

        Errno errno = Failed(ReachOwn(effects.Inode, inodes, out DescriptorLease lease), "open");
        if (errno != Errno.None)
        {
            return errno;
        }

        using (lease)
        {
            if (effects.Kind == EffectKind.SetXattr)
            {
                return Failed(_calls.SetXattr(lease.Fd, change.Name, change.Data), "setxattr");
            }

            errno = _calls.RemoveXattr(lease.Fd, change.Name);
            return errno == Errno.ENODATA ? Errno.None : Failed(errno, "removexattr");
        }
    }
}
