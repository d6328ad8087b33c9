using static KafkaFs.Posix.Suite.Calls.Constants;

namespace KafkaFs.Posix.Suite.Calls;

/// <summary>Calls on names.</summary>
internal static unsafe partial class Sys
{
    public static long Open(string? path, int flags, uint mode = 0) => CallPath(2, path, flags, mode);

    public static long OpenAt(long directory, string? path, int flags, uint mode = 0) => CallAt(257, directory, path, flags, mode);

    public static long Creat(string? path, uint mode) => CallPath(85, path, mode);

    public static long Mkdir(string? path, uint mode) => CallPath(83, path, mode);

    public static long MkdirAt(long directory, string? path, uint mode) => CallAt(258, directory, path, mode);

    public static long Mknod(string? path, uint mode, ulong device = 0) => CallPath(133, path, mode, (long)device);

    public static long MknodAt(long directory, string? path, uint mode, ulong device = 0) => CallAt(259, directory, path, mode, (long)device);

    public static long Symlink(string? target, string? path) => SymlinkAt(target, AT_FDCWD, path);

    public static long SymlinkAt(string? target, long directory, string? path)
    {
        fixed (byte* old = Terminated(target), name = Terminated(path))
        {
            return Call(266, target is null ? 8 : (long)old, directory, path is null ? 8 : (long)name);
        }
    }

    public static long ReadLink(string? path, Span<byte> buffer)
    {
        fixed (byte* bytes = buffer)
        {
            return CallPath(89, path, (long)bytes, buffer.Length);
        }
    }

    /// <summary>The target, or the error's name.</summary>
    public static string ReadLink(string path)
    {
        byte[] buffer = new byte[5000];
        long length = ReadLink(path, buffer);
        return length < 0 ? Errno.Name(length) : Text(buffer.AsSpan(0, (int)length));
    }

    public static long Link(string? path, string? newPath) => CallTwo(265, AT_FDCWD, path, AT_FDCWD, newPath);

    public static long LinkAt(long directory, string? path, long newDirectory, string? newPath, int flags = 0) => CallTwo(265, directory, path, newDirectory, newPath, flags);

    public static long Unlink(string? path) => CallPath(87, path);

    public static long UnlinkAt(long directory, string? path, int flags = 0) => CallAt(263, directory, path, flags);

    public static long Rmdir(string? path) => CallPath(84, path);

    public static long Rename(string? path, string? newPath) => CallTwo(264, AT_FDCWD, path, AT_FDCWD, newPath);

    public static long RenameAt2(string? path, string? newPath, int flags) => CallTwo(316, AT_FDCWD, path, AT_FDCWD, newPath, flags);

    public static long RenameAt(long directory, string? path, long newDirectory, string? newPath, int flags = 0) => CallTwo(316, directory, path, newDirectory, newPath, flags);

    public static long Chdir(string? path) => CallPath(80, path);

    public static long Fchdir(long fd) => Call(81, fd);

    public static long GetCwd(Span<byte> buffer)
    {
        fixed (byte* bytes = buffer)
        {
            return Call(79, (long)bytes, buffer.Length);
        }
    }

    public static long Access(string? path, int mode) => CallPath(21, path, mode);

    public static long FaccessAt2(long directory, string? path, int mode, int flags) => CallAt(439, directory, path, mode, flags);

    public static long NameToHandleAt(long directory, string? path, Span<byte> handle, out int mountId, int flags = 0)
    {
        int id = 0;
        long result;
        fixed (byte* bytes = handle)
        {
            result = CallAt(303, directory, path, (long)bytes, (long)(&id), flags);
        }

        mountId = id;
        return result;
    }

    public static long OpenByHandleAt(long mount, ReadOnlySpan<byte> handle, int flags)
    {
        fixed (byte* bytes = handle)
        {
            return Call(304, mount, (long)bytes, flags);
        }
    }

    public static long InotifyInit() => Call(294, O_NONBLOCK | O_CLOEXEC);

    public static long InotifyAddWatch(long fd, string? path, uint mask) => CallAt(254, fd, path, mask);
}
