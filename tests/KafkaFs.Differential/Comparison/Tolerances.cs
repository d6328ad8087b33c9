using KafkaFs.Differential.Calls;
using KafkaFs.Differential.Native;
using KafkaFs.Differential.Sides;

namespace KafkaFs.Differential.Comparison;

/// <summary>Everything in which two filesystems may differ without one being wrong; each with its reason. What is not here is a difference.</summary>
internal static class Tolerances
{
    /// <summary>Bytes of extended attributes that every filesystem holds (ext4: what fits a block; KafkaFS: what its smallest replica holds).</summary>
    public const int XattrBytesOfAll = 3_000;

    /// <summary>
    /// A device without a driver: a mount with nodev answers EACCES before anyone looks for the driver, the others ENXIO or ENODEV.
    /// </summary>
    public static bool IsMissingDevice(Call call, in Outcome subject, in Outcome reference)
    {
        return call.Kind is CallKind.Open or CallKind.Content && Is(subject.Errno) && Is(reference.Errno);

        static bool Is(int errno) => errno is Linux.ENXIO or Linux.ENODEV or Linux.EACCES;
    }

    /// <summary>A directory that is not empty is not replaced or removed: POSIX leaves the choice of the word (xfs says EEXIST).</summary>
    public static bool IsNotEmpty(Call call, in Outcome subject, in Outcome reference)
    {
        return call.Kind is CallKind.Rename or CallKind.Rmdir && Is(subject.Errno) && Is(reference.Errno);

        static bool Is(int errno) => errno is Linux.EEXIST or Linux.ENOTEMPTY;
    }

    /// <summary>
    /// Holes of directories, FIFOs and their kin mean nothing; each has errors of its own. What a mapping stores is the kernel's alone until it is
    /// written back, and FUSE asks its daemon for holes without doing that before (fs/fuse/file.c, fuse_lseek).
    /// </summary>
    public static bool HasUnknownHoles(in StatFields stat, bool isMapped) => isMapped || (stat.Mode != 0 && !stat.IsFile);

    /// <summary>
    /// AT_STATX_DONT_SYNC asks for what is cached, "approximate" (statx(2)): FUSE never asks its daemon then, also where the kernel knows that what
    /// it has is old (fs/fuse/dir.c, fuse_update_get_attr). The type is certain.
    /// </summary>
    public static bool MayBeOld(Call call) => call.Kind == CallKind.Statx && (call.Flags & Linux.AT_STATX_DONT_SYNC) != 0;

    /// <summary>Places in a directory are the filesystem's own, and some have no end to count from (tmpfs).</summary>
    public static bool IsEndOfDirectory(Call call) => call.Kind == CallKind.Seek && call.Flags == Linux.SEEK_END;

    /// <summary>One has no room for a large extended attribute, and says so in one of two ways; the other has.</summary>
    public static bool MayBeXattrLimit(Call call, in Outcome subject, in Outcome reference)
    {
        return call.Kind is CallKind.SetXattr or CallKind.FsetXattr && Is(subject.Errno) && Is(reference.Errno);

        static bool Is(int errno) => errno is Linux.ENOSPC or Linux.E2BIG or 0;
    }

    /// <summary>A value that is too large for one of the two, and that would be refused for another reason too: the order is free.</summary>
    public static bool IsXattrLimitOrOther(Call call, in Outcome subject, in Outcome reference)
    {
        return call.Kind is CallKind.SetXattr or CallKind.FsetXattr && call.Length >= XattrBytesOfAll
            && !subject.Succeeded && !reference.Succeeded && (Is(subject.Errno) || Is(reference.Errno));

        static bool Is(int errno) => errno is Linux.ENOSPC or Linux.E2BIG;
    }

    /// <summary>
    /// Calls that make the times certain again after a call that gives some filesystems a new mtime and others none: truncating a file to the size
    /// that it has does (ext4) or does not (tmpfs, xfs); a directory that gets another parent has a new one on xfs; a FIFO that is written to has
    /// one but on FUSE, where the kernel leaves all times to the daemon (S_NOCMTIME), which does not see what goes through a FIFO.
    /// </summary>
    public static IEnumerable<Call> UncertainTimes(Call call, bool sizeStays, bool hasXfs, bool isFifo)
    {
        Call times = new() { Kind = CallKind.Utimens, Value = 1_000_000_011, Value2 = 1_000_000_013 };
        return call.Kind switch
        {
            CallKind.Truncate when sizeStays => [times with { Path = call.Path }],
            CallKind.Ftruncate when sizeStays => [times with { Kind = CallKind.Futimens, Slot = call.Slot }],
            CallKind.Write or CallKind.Pwrite or CallKind.Writev when isFifo => [times with { Kind = CallKind.Futimens, Slot = call.Slot }],
            CallKind.Fallocate when hasXfs => [times with { Kind = CallKind.Futimens, Slot = call.Slot }],
            CallKind.Rename when hasXfs => [times with { Path = call.Path, Flags = Linux.AT_SYMLINK_NOFOLLOW }, times with { Path = call.Path2, Flags = Linux.AT_SYMLINK_NOFOLLOW }],
            _ => [],
        };
    }

    /// <summary>
    /// The present moves on between the two calls, and clocks differ in grain: times of these years are all the same. Times that were set
    /// are of other years, and compared to the nanosecond.
    /// </summary>
    public static (long Seconds, long Nanoseconds) Time(long seconds, long nanoseconds) =>
        seconds is > 1_700_000_000 and < 2_200_000_000 ? (-1, -1) : (seconds, nanoseconds);

    /// <summary>
    /// tmpfs gives a directory the time of what is removed from it, which is that of the clock's last tick and may be the one that it has
    /// (mm/shmem.c, shmem_unlink): that it changed may not be seen.
    /// </summary>
    public static bool MayKeepTime(in StatFields reference) => reference.IsDirectory;

    /// <summary>Sizes of directories are the filesystem's own.</summary>
    public static long Size(in StatFields stat) => stat.IsDirectory ? 0 : stat.Size;
}
