using System.Runtime.InteropServices;

namespace KafkaFs.Differential.Native;

/// <summary>
/// libc, by bytes and numbers of x86-64. This program has imports of its own, so that it does not share a mistake of KafkaFs.Posix.
/// Each call leaves its errno where <see cref="Marshal.GetLastPInvokeError"/> finds it.
/// </summary>
internal static unsafe partial class Libc
{
    private const string Library = "libc";

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int openat(int directory, byte* path, int flags, uint mode);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int close(int fd);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int dup(int fd);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int mkdirat(int directory, byte* path, uint mode);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int mknodat(int directory, byte* path, uint mode, ulong device);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int symlinkat(byte* target, int directory, byte* path);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int linkat(int directory, byte* path, int newDirectory, byte* newPath, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int unlinkat(int directory, byte* path, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int renameat2(int directory, byte* path, int newDirectory, byte* newPath, uint flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fstatat(int directory, byte* path, byte* stat, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fstat(int fd, byte* stat);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int statx(int directory, byte* path, int flags, uint mask, byte* statx);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint readlinkat(int directory, byte* path, byte* buffer, nint size);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint read(int fd, byte* buffer, nint count);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint write(int fd, byte* buffer, nint count);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint pread(int fd, byte* buffer, nint count, long offset);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint pwrite(int fd, byte* buffer, nint count, long offset);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint readv(int fd, IoVector* vectors, int count);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint writev(int fd, IoVector* vectors, int count);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial long lseek(int fd, long offset, int whence);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int ftruncate(int fd, long length);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int truncate(byte* path, long length);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fallocate(int fd, int mode, long offset, long length);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint copy_file_range(int fd, long* offset, int toFd, long* toOffset, nint length, uint flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial byte* mmap(byte* address, nint length, int protection, int flags, int fd, long offset);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int munmap(byte* address, nint length);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int msync(byte* address, nint length, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fsync(int fd);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fdatasync(int fd);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fchmodat(int directory, byte* path, uint mode, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fchmod(int fd, uint mode);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fchownat(int directory, byte* path, uint uid, uint gid, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fchown(int fd, uint uid, uint gid);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int utimensat(int directory, byte* path, long* times, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int futimens(int fd, long* times);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int lsetxattr(byte* path, byte* name, byte* value, nint size, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint lgetxattr(byte* path, byte* name, byte* value, nint size);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint llistxattr(byte* path, byte* list, nint size);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int lremovexattr(byte* path, byte* name);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fsetxattr(int fd, byte* name, byte* value, nint size, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint fgetxattr(int fd, byte* name, byte* value, nint size);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint flistxattr(int fd, byte* list, nint size);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fremovexattr(int fd, byte* name);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int memfd_create(byte* name, uint flags);

    [LibraryImport(Library)]
    internal static partial uint umask(uint mask);

    /// <summary>syscall(2): what libc would do for all threads (setresuid), or does not have.</summary>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial long syscall(long number, long a, long b, long c, long d);
}
