using KafkaFs.Posix;
using KafkaFs.Posix.Files;

namespace KafkaFs.Replica.Tree;

/// <summary>fallocate(2) on any filesystem: what it lacks of the modes is emulated, and what it cannot reserve is not. From any thread.</summary>
public static class FileAllocation
{
    private const uint KeepSize = 1;
    private const uint PunchHole = 2;
    private const int SeekData = 3;
    private const int SeekHole = 4;
    private const int ZeroesBytes = 256 * 1024;

    /// <summary>Changes a file of <paramref name="before"/> bytes, which has <paramref name="after"/> bytes then.</summary>
    public static Errno Allocate(SafeFd writer, uint mode, ulong offset, ulong length, ulong before, ulong after)
    {
        bool reserves = (mode & PunchHole) == 0;
        Errno errno = !reserves || HasSpace(writer, length)
            ? DescriptorCalls.Allocate(writer, (int)mode, offset, length)
            : Errno.EOPNOTSUPP;
        if (reserves && errno is Errno.ENOSPC or Errno.EDQUOT or Errno.EFBIG)
        {
            errno = Release(writer, offset, length, before);
            errno = errno == Errno.None ? Errno.EOPNOTSUPP : errno;
        }

        return errno == Errno.EOPNOTSUPP ? Emulate(writer, mode, offset, length, after) : errno;
    }

    // Asked first, so that a reservation that cannot be had does not fill the disk for everybody while it is tried.
    private static bool HasSpace(SafeFd writer, ulong length) =>
        DescriptorCalls.StatFileSystem(writer, out FileSystemStatus status) != Errno.None
        || length / (ulong)status.BlockSize <= status.BlocksFree;

    // Reserved space is not part of the state: what a refused reservation has taken is given back, beyond the size and in holes.
    private static Errno Release(SafeFd writer, ulong offset, ulong length, ulong size)
    {
        Errno errno = DescriptorCalls.Truncate(writer, size);
        DescriptorCalls.DropCached(writer, offset, length);
        long end = (long)Math.Min(offset + length, size);
        for (long from = (long)offset; errno == Errno.None && from < end && TryFindHole(writer, from, end, out long hole, out long data); from = data)
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
    private static Errno Emulate(SafeFd writer, uint mode, ulong start, ulong length, ulong size)
    {
        Errno errno = DescriptorCalls.Truncate(writer, size);
        if (errno != Errno.None || mode is 0 or KeepSize)
        {
            return errno;
        }

        errno = DescriptorCalls.Allocate(writer, (int)(PunchHole | KeepSize), start, length);
        if (errno != Errno.EOPNOTSUPP)
        {
            return errno;
        }

        byte[] zeroes = new byte[ZeroesBytes];
        ulong end = Math.Min(start + length, size);
        for (ulong offset = start; offset < end && errno is Errno.None or Errno.EOPNOTSUPP; offset += ZeroesBytes)
        {
            errno = DescriptorCalls.WriteAll(writer, zeroes.AsSpan(0, (int)Math.Min(ZeroesBytes, end - offset)), offset);
        }

        return errno == Errno.EOPNOTSUPP ? Errno.None : errno;
    }
}
