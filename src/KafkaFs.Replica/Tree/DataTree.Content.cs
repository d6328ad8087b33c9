using KafkaFs.Journal.Codec;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.Replica.Tree;

/// <summary>Effects on content and extended attributes.</summary>
public sealed partial class DataTree
{
    private const uint KeepSize = 1;
    private const uint PunchHole = 2;
    private const int ZeroesBytes = 256 * 1024;

    private Errno Write(in Change change, Effects effects, IInodeSource inodes)
    {
        Errno errno = Writer(effects.Inode, inodes, out SafeFd writer);
        return errno != Errno.None ? errno : Failed(DescriptorCalls.WriteAll(writer, change.Data, effects.Offset), "write");
    }

    private Errno Truncate(Effects effects, IInodeSource inodes)
    {
        effects.TryGetUpdate(effects.Inode, out InodeUpdate update);
        Errno errno = Writer(effects.Inode, inodes, out SafeFd writer);
        return errno != Errno.None ? errno : Failed(DescriptorCalls.Truncate(writer, update.After.Size), "truncate");
    }

    private Errno Allocate(in Change change, Effects effects, IInodeSource inodes)
    {
        Errno errno = Writer(effects.Inode, inodes, out SafeFd writer);
        if (errno != Errno.None)
        {
            return errno;
        }

        effects.TryGetUpdate(effects.Inode, out InodeUpdate update);
        errno = DescriptorCalls.Allocate(writer, (int)change.Mode, change.Offset, change.Length);
        return Failed(errno == Errno.EOPNOTSUPP ? Emulate(change, update.After.Size, writer) : errno, "fallocate");
    }

    // What a filesystem lacks of fallocate(2): zeroes are written where they are visible; reserved space is not part of the state.
    private static Errno Emulate(in Change change, ulong size, SafeFd writer)
    {
        Errno errno = DescriptorCalls.Truncate(writer, size);
        if (errno != Errno.None || change.Mode is 0 or KeepSize)
        {
            return errno;
        }

        errno = DescriptorCalls.Allocate(writer, (int)(PunchHole | KeepSize), change.Offset, change.Length);
        if (errno != Errno.EOPNOTSUPP)
        {
            return errno;
        }

        byte[] zeroes = new byte[ZeroesBytes];
        ulong end = Math.Min(change.Offset + change.Length, size);
        for (ulong offset = change.Offset; offset < end && errno is Errno.None or Errno.EOPNOTSUPP; offset += ZeroesBytes)
        {
            errno = DescriptorCalls.WriteAll(writer, zeroes.AsSpan(0, (int)Math.Min(ZeroesBytes, end - offset)), offset);
        }

        return errno == Errno.EOPNOTSUPP ? Errno.None : errno;
    }

    private Errno ChangeXattr(in Change change, Effects effects, IInodeSource inodes)
    {
        if (!ProjectedAttributes.HasXattr(_ownership, change.Name))
        {
            return Errno.None;
        }

        Errno errno = Failed(Reach(effects.Inode, inodes, out DescriptorLease lease), "open");
        if (errno != Errno.None)
        {
            return errno;
        }

        using (lease)
        {
            if (effects.Kind == EffectKind.SetXattr)
            {
                return Failed(XattrCalls.Set(lease.Fd, change.Name, change.Data), "setxattr");
            }

            errno = XattrCalls.Remove(lease.Fd, change.Name);
            return errno == Errno.ENODATA ? Errno.None : Failed(errno, "removexattr");
        }
    }
}
