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
    private const int SeekData = 3;
    private const int SeekHole = 4;
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
        bool fits = (change.Mode & PunchHole) != 0 || HasSpace(writer, change.Length);
        errno = fits ? DescriptorCalls.Allocate(writer, (int)change.Mode, change.Offset, change.Length) : Errno.EOPNOTSUPP;
        if (errno is Errno.ENOSPC or Errno.EDQUOT or Errno.EFBIG && (change.Mode & PunchHole) == 0)
        {
            inodes.TryGetAttributes(effects.Inode, out InodeAttributes before);
            errno = Release(change, before.Size, writer);
            errno = errno == Errno.None ? Errno.EOPNOTSUPP : errno;
        }

        return Failed(errno == Errno.EOPNOTSUPP ? Emulate(change, update.After.Size, writer) : errno, "fallocate");
    }

    // Asked first, so that a reservation that cannot be had does not fill the disk for everybody while it is tried.
    private static bool HasSpace(SafeFd writer, ulong length) =>
        DescriptorCalls.StatFileSystem(writer, out FileSystemStatus status) != Errno.None
        || length / (ulong)status.BlockSize <= status.BlocksFree;

    // Reserved space is not part of the state: what a refused reservation has taken is given back, beyond the size and in holes.
    private static Errno Release(in Change change, ulong size, SafeFd writer)
    {
        Errno errno = DescriptorCalls.Truncate(writer, size);
        DescriptorCalls.DropCached(writer, change.Offset, change.Length);
        long end = (long)Math.Min(change.Offset + change.Length, size);
        for (long from = (long)change.Offset; errno == Errno.None && from < end && TryFindHole(writer, from, end, out long hole, out long data); from = data)
        {
            errno = DescriptorCalls.Allocate(writer, (int)(PunchHole | KeepSize), (ulong)hole, (ulong)(data - hole));
        }

        return errno == Errno.EOPNOTSUPP ? Errno.None : errno;
    }

    // A hole in front of `end`, and where data follows; false if there is none or the filesystem does not tell.
    private static bool TryFindHole(SafeFd file, long from, long end, out long hole, out long data)
    {
        data = end;
        if (DescriptorCalls.Seek(file, from, SeekHole, out hole) != Errno.None || hole >= end)
        {
            return false;
        }

        Errno errno = DescriptorCalls.Seek(file, hole, SeekData, out long next);
        data = errno == Errno.None ? Math.Min(next, end) : end;
        return errno is Errno.None or Errno.ENXIO && data > hole;
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
