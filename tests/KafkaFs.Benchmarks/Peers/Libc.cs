using System.Runtime.InteropServices;

namespace KafkaFs.Benchmarks.Peers;

/// <summary>The calls that are measured, with nothing of the runtime between; -1 throws.</summary>
internal static unsafe partial class Libc
{
    public const int ReadOnly = 0, WriteOnly = 1, Create = 0x40, Truncate = 0x200;

    private static long s_written;

    private const int EmptyPath = 0x1000, ForceSync = 0x2000, CurrentDirectory = -100, DontNeed = 4;
    private const uint BasicStats = 0x7ff;

    /// <summary>Bytes that <see cref="Write"/> has written, all together.</summary>
    public static long Written => Volatile.Read(ref s_written);

    /// <summary>statx(2) of an open file, asked of the filesystem whatever the kernel knows.</summary>
    public static void StatUncached(int fd)
    {
        byte* buffer = stackalloc byte[256];
        Check(statx(fd, "", EmptyPath | ForceSync, BasicStats, buffer));
    }

    /// <summary>statx(2) of a path as stat(1) does; false if there is none.</summary>
    public static bool Stat(string path)
    {
        byte* buffer = stackalloc byte[256];
        return statx(CurrentDirectory, path, 0, BasicStats, buffer) == 0;
    }

    public static int Open(string path, int flags) => Check(open(path, flags, 0x1a4));

    public static void Close(int fd) => Check(close(fd));

    public static void MakeDirectory(string path) => Check(mkdir(path, 0x1ed));

    public static void Sync(int fd) => Check(fsync(fd));

    /// <summary>Clean pages of the file leave the page cache (posix_fadvise(2)).</summary>
    public static void Forget(int fd) => Check(posix_fadvise(fd, 0, 0, DontNeed));

    public static void Write(int fd, ReadOnlySpan<byte> data, long offset)
    {
        fixed (byte* bytes = data)
        {
            Check(pwrite(fd, bytes, data.Length, offset) == data.Length ? 0 : -1);
        }

        Interlocked.Add(ref s_written, data.Length);
    }

    public static int Read(int fd, Span<byte> buffer, long offset)
    {
        fixed (byte* bytes = buffer)
        {
            return Check((int)pread(fd, bytes, buffer.Length, offset));
        }
    }

    /// <summary>readdir(3) of all of it; how many names there are.</summary>
    public static int List(string path)
    {
        nint directory = opendir(path);
        Check(directory == 0 ? -1 : 0);
        int count = 0;
        while (readdir(directory) != 0)
        {
            count++;
        }

        Check(closedir(directory));
        return count;
    }

    private static int Check(int result) => result >= 0 ? result : throw new InvalidOperationException($"errno {Marshal.GetLastPInvokeError()}");

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int directory, string path, int flags, uint mask, byte* result);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int fd);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkdir(string path, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int fd);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int posix_fadvise(int fd, long offset, long length, int advice);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pwrite(int fd, byte* data, nint length, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pread(int fd, byte* data, nint length, long offset);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint opendir(string path);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint readdir(nint directory);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int closedir(nint directory);
}
