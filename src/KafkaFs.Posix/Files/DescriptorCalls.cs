using System.Runtime.InteropServices;

namespace KafkaFs.Posix.Files;

/// <summary>Linux system calls on open descriptors. Each returns 0 or the error number. Thread-safe.</summary>
public static unsafe partial class DescriptorCalls
{
    private const int AtEmptyPath = 0x1000;

    private static volatile bool s_lacksFchmodat2;

    /// <summary>A time of utimensat(2) that stays as it is.</summary>
    public const long OmitTime = long.MinValue;

    /// <summary>fchownat(2) with AT_EMPTY_PATH: works on O_PATH descriptors and symlinks. uint.MaxValue leaves an id.</summary>
    public static Errno ChangeOwner(SafeFd fd, uint uid, uint gid)
    {
        using DescriptorScope scope = new(fd);
        byte empty = 0;
        return FileCalls.ToErrno(fchownat(scope.Descriptor, &empty, uid, gid, AtEmptyPath));
    }

    /// <summary>
    /// fchmodat2(2) with AT_EMPTY_PATH, before Linux 6.6 chmod(2) through /proc/self/fd: works on O_PATH descriptors; never on symlinks.
    /// </summary>
    public static Errno ChangeMode(SafeFd fd, uint mode)
    {
        const long fchmodat2 = 452;
        using DescriptorScope scope = new(fd);
        byte empty = 0;
        if (!s_lacksFchmodat2)
        {
            Errno errno = FileCalls.ToErrno(FileCalls.syscall(fchmodat2, scope.Descriptor, (nint)(&empty), (nint)mode, AtEmptyPath));
            s_lacksFchmodat2 = errno == Errno.ENOSYS;
            if (!s_lacksFchmodat2)
            {
                return errno;
            }
        }

        byte* path = stackalloc byte[32];
        FileCalls.WriteProcPath(scope.Descriptor, new Span<byte>(path, 32));
        return FileCalls.ToErrno(chmod(path, mode));
    }

    /// <summary>utimensat(2), nanoseconds since 1970 or <see cref="OmitTime"/>; works on O_PATH descriptors and symlinks.</summary>
    public static Errno ChangeTimes(SafeFd fd, long atimeNs, long mtimeNs)
    {
        using DescriptorScope scope = new(fd);
        TimeSpec* times = stackalloc TimeSpec[2] { TimeSpec.Of(atimeNs), TimeSpec.Of(mtimeNs) };
        byte empty = 0;
        return FileCalls.ToErrno(utimensat(scope.Descriptor, &empty, times, AtEmptyPath));
    }

    public static Errno Truncate(SafeFd fd, ulong size)
    {
        using DescriptorScope scope = new(fd);
        return size > long.MaxValue ? Errno.EFBIG : FileCalls.ToErrno(ftruncate(scope.Descriptor, (long)size));
    }

    public static Errno Allocate(SafeFd fd, int mode, ulong offset, ulong length)
    {
        using DescriptorScope scope = new(fd);
        int result;
        do
        {
            result = fallocate(scope.Descriptor, mode, (long)offset, (long)length);
        }
        while (result < 0 && FileCalls.LastErrno() == Errno.EINTR);
        return FileCalls.ToErrno(result);
    }

    /// <summary>pwrite(2) until all of <paramref name="data"/> is written.</summary>
    public static Errno WriteAll(SafeFd fd, ReadOnlySpan<byte> data, ulong offset)
    {
        using DescriptorScope scope = new(fd);
        while (!data.IsEmpty)
        {
            nint written = pwrite(scope.Descriptor, ref MemoryMarshal.GetReference(data), data.Length, (long)offset);
            if (written < 0)
            {
                if (FileCalls.LastErrno() != Errno.EINTR)
                {
                    return FileCalls.LastErrno();
                }

                continue;
            }

            data = data[(int)written..];
            offset += (ulong)written;
        }

        return Errno.None;
    }

    /// <summary>pread(2) until <paramref name="buffer"/> is full or the file ends; <paramref name="read"/> bytes were read.</summary>
    public static Errno ReadAll(SafeFd fd, Span<byte> buffer, ulong offset, out int read)
    {
        using DescriptorScope scope = new(fd);
        read = 0;
        while (read < buffer.Length)
        {
            nint count = pread(scope.Descriptor, ref MemoryMarshal.GetReference(buffer[read..]), buffer.Length - read, (long)offset + read);
            if (count < 0)
            {
                if (FileCalls.LastErrno() != Errno.EINTR)
                {
                    return FileCalls.LastErrno();
                }
            }
            else if (count == 0)
            {
                break;
            }
            else
            {
                read += (int)count;
            }
        }

        return Errno.None;
    }

    /// <summary>
    /// preadv2(2) with RWF_NOWAIT until <paramref name="buffer"/> is full or the file ends: EAGAIN if what comes after the <paramref name="read"/> bytes is
    /// not in memory, EOPNOTSUPP where the filesystem does not tell.
    /// </summary>
    public static Errno ReadCached(SafeFd fd, Span<byte> buffer, ulong offset, out int read)
    {
        const int noWait = 8;
        using DescriptorScope scope = new(fd);
        read = 0;
        fixed (byte* start = buffer)
        {
            while (read < buffer.Length)
            {
                IoVector vector = new() { Start = start + read, Length = buffer.Length - read };
                nint count = preadv2(scope.Descriptor, &vector, 1, (long)offset + read, noWait);
                if (count < 0)
                {
                    if (FileCalls.LastErrno() != Errno.EINTR)
                    {
                        return FileCalls.LastErrno();
                    }
                }
                else if (count == 0)
                {
                    break;
                }
                else
                {
                    read += (int)count;
                }
            }
        }

        return Errno.None;
    }

    /// <summary>lseek(2) with SEEK_DATA = 3 or SEEK_HOLE = 4; moves the descriptor's own position, which nothing here uses.</summary>
    public static Errno Seek(SafeFd fd, long offset, int whence, out long result)
    {
        using DescriptorScope scope = new(fd);
        result = lseek(scope.Descriptor, offset, whence);
        return FileCalls.ToErrno(result);
    }

    /// <summary>
    /// posix_fadvise(2) with POSIX_FADV_DONTNEED: clean pages of the range leave the cache. SEEK_HOLE takes cached pages of reserved
    /// space for data, also those that a reader brought in.
    /// </summary>
    public static void DropCached(SafeFd fd, ulong offset, ulong length)
    {
        const int dontNeed = 4;
        using DescriptorScope scope = new(fd);
        _ = posix_fadvise(scope.Descriptor, (long)offset, (long)length, dontNeed);
    }

    public static Errno Sync(SafeFd fd)
    {
        using DescriptorScope scope = new(fd);
        return FileCalls.ToErrno(fsync(scope.Descriptor));
    }

    /// <summary>syncfs(2): everything on the filesystem of <paramref name="fd"/>; an error is final for what was written before.</summary>
    public static Errno SyncFileSystem(SafeFd fd)
    {
        using DescriptorScope scope = new(fd);
        return FileCalls.ToErrno(syncfs(scope.Descriptor));
    }

    /// <summary>flock(2), exclusive, without waiting; EAGAIN if another open file has it.</summary>
    public static Errno TryLock(SafeFd fd)
    {
        using DescriptorScope scope = new(fd);
        return FileCalls.ToErrno(flock(scope.Descriptor, 2 | 4));
    }

    /// <summary>Gives a lock back (flock(2)), also if a child that is being started holds a copy of the descriptor.</summary>
    public static void Unlock(SafeFd fd)
    {
        using DescriptorScope scope = new(fd);
        _ = flock(scope.Descriptor, 8);
    }

    /// <summary>The same object through a new descriptor with other flags, by /proc/self/fd (needs rights on the object).</summary>
    public static Errno Reopen(SafeFd fd, OpenFlags flags, out SafeFd reopened)
    {
        using DescriptorScope scope = new(fd);
        Span<byte> path = stackalloc byte[32];
        FileCalls.WriteProcPath(scope.Descriptor, path);
        return FileCalls.Open(null, path[..path.IndexOf((byte)0)], flags, 0, out reopened);
    }

    public static Errno StatFileSystem(SafeFd fd, out FileSystemStatus status)
    {
        using DescriptorScope scope = new(fd);
        fixed (FileSystemStatus* pointer = &status)
        {
            return FileCalls.ToErrno(fstatfs(scope.Descriptor, pointer));
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct IoVector
    {
        public byte* Start;
        public nint Length;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;

        public static TimeSpec Of(long ns)
        {
            const long omit = 0x3ffffffe;
            if (ns == OmitTime)
            {
                return new TimeSpec { Nanoseconds = omit };
            }

            (long seconds, uint nanoseconds) = UnixTime.FromNs(ns);
            return new TimeSpec { Seconds = seconds, Nanoseconds = nanoseconds };
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchownat(int directory, byte* path, uint uid, uint gid, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int chmod(byte* path, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int utimensat(int directory, byte* path, TimeSpec* times, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(int fd, long size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fallocate(int fd, int mode, long offset, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pwrite(int fd, ref byte buffer, nint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pread(int fd, ref byte buffer, nint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint preadv2(int fd, IoVector* vectors, int count, long offset, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial long lseek(int fd, long offset, int whence);

    [LibraryImport("libc")]
    private static partial int posix_fadvise(int fd, long offset, long length, int advice);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int fd);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int syncfs(int fd);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(int fd, int operation);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fstatfs(int fd, FileSystemStatus* status);
}
