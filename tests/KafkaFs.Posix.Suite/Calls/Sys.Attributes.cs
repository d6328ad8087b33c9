using static KafkaFs.Posix.Suite.Calls.Constants;

namespace KafkaFs.Posix.Suite.Calls;

/// <summary>Calls on attributes.</summary>
internal static unsafe partial class Sys
{
    public static long Stat(string? path, out FileStatus status) => StatBy(4, path, out status);

    public static long Lstat(string? path, out FileStatus status) => StatBy(6, path, out status);

    public static long Fstat(long fd, out FileStatus status)
    {
        long* words = stackalloc long[18];
        long result = Call(5, fd, (long)words);
        status = FileStatus.Parse(new ReadOnlySpan<long>(words, 18));
        return result;
    }

    public static long FstatAt(long directory, string? path, out FileStatus status, int flags)
    {
        long* words = stackalloc long[18];
        long result = CallAt(262, directory, path, (long)words, flags);
        status = FileStatus.Parse(new ReadOnlySpan<long>(words, 18));
        return result;
    }

    /// <summary>statx(2) into the 256 bytes of its struct.</summary>
    public static long Statx(long directory, string? path, int flags, uint mask, Span<byte> buffer)
    {
        fixed (byte* bytes = buffer)
        {
            return CallAt(332, directory, path, flags, mask, (long)bytes);
        }
    }

    public static long Chmod(string? path, uint mode) => CallPath(90, path, mode);

    public static long Fchmod(long fd, uint mode) => Call(91, fd, mode);

    public static long FchmodAt(long directory, string? path, uint mode) => CallAt(268, directory, path, mode);

    public static long FchmodAt2(long directory, string? path, uint mode, int flags) => CallAt(452, directory, path, mode, flags);

    public static long Chown(string? path, long uid, long gid) => CallPath(92, path, uid, gid);

    public static long Lchown(string? path, long uid, long gid) => CallPath(94, path, uid, gid);

    public static long Fchown(long fd, long uid, long gid) => Call(93, fd, uid, gid);

    public static long FchownAt(long directory, string? path, long uid, long gid, int flags) => CallAt(260, directory, path, uid, gid, flags);

    /// <summary>utimensat(2); no times at all mean now.</summary>
    public static long Utimens(long directory, string? path, (long Seconds, long Nanoseconds)? atime, (long Seconds, long Nanoseconds)? mtime, int flags = 0)
    {
        long* times = stackalloc long[4];
        (times[0], times[1]) = atime ?? default;
        (times[2], times[3]) = mtime ?? default;
        return CallAt(280, directory, path, atime is null ? 0 : (long)times, flags);
    }

    public static long Utimens(string? path, (long Seconds, long Nanoseconds)? atime, (long Seconds, long Nanoseconds)? mtime) => Utimens(AT_FDCWD, path, atime, mtime);

    /// <summary>futimens(3): utimensat with no path.</summary>
    public static long Futimens(long fd, (long Seconds, long Nanoseconds) atime, (long Seconds, long Nanoseconds) mtime)
    {
        long* times = stackalloc long[4];
        (times[0], times[1]) = atime;
        (times[2], times[3]) = mtime;
        return Call(280, fd, 0, (long)times, 0);
    }

    public static uint Umask(uint mask) => (uint)Call(95, mask);

    public static long SetXattr(string? path, string name, string value, int flags = 0) => SetXattrBy(188, path, name, value, flags);

    public static long LsetXattr(string? path, string name, string value, int flags = 0) => SetXattrBy(189, path, name, value, flags);

    public static long FsetXattr(long fd, string name, string value, int flags = 0)
    {
        byte[] bytes = Bytes(value);
        fixed (byte* attribute = Terminated(name), content = bytes)
        {
            return Call(190, fd, (long)attribute, (long)content, bytes.Length, flags);
        }
    }

    public static long GetXattr(string? path, string name, Span<byte> buffer) => GetXattrBy(191, path, name, buffer);

    public static long LgetXattr(string? path, string name, Span<byte> buffer) => GetXattrBy(192, path, name, buffer);

    public static long FgetXattr(long fd, string name, Span<byte> buffer)
    {
        fixed (byte* attribute = Terminated(name), content = buffer)
        {
            return Call(193, fd, (long)attribute, (long)content, buffer.Length);
        }
    }

    /// <summary>The value, or the error's name.</summary>
    public static string GetXattr(string path, string name) => Result(buffer => GetXattr(path, name, buffer));

    public static string LgetXattr(string path, string name) => Result(buffer => LgetXattr(path, name, buffer));

    public static string FgetXattr(long fd, string name) => Result(buffer => FgetXattr(fd, name, buffer));

    public static long ListXattr(string? path, Span<byte> buffer) => BufferBy(194, path, buffer);

    public static long LlistXattr(string? path, Span<byte> buffer) => BufferBy(195, path, buffer);

    public static long FlistXattr(long fd, Span<byte> buffer)
    {
        fixed (byte* content = buffer)
        {
            return Call(196, fd, (long)content, buffer.Length);
        }
    }

    /// <summary>The names in order, or the error's name.</summary>
    public static string ListXattr(string path) => Sorted(Result(buffer => ListXattr(path, buffer)));

    public static string FlistXattr(long fd) => Sorted(Result(buffer => FlistXattr(fd, buffer)));

    public static long RemoveXattr(string? path, string name) => RemoveXattrBy(197, path, name);

    public static long LremoveXattr(string? path, string name) => RemoveXattrBy(198, path, name);

    public static long FremoveXattr(long fd, string name)
    {
        fixed (byte* attribute = Terminated(name))
        {
            return Call(199, fd, (long)attribute);
        }
    }

    /// <summary>statfs(2) into the 15 words of its struct: type, bsize, blocks, bfree, bavail, files, ffree, fsid, namelen, frsize, flags.</summary>
    public static long Statfs(string? path, Span<long> words)
    {
        fixed (long* buffer = words)
        {
            return CallPath(137, path, (long)buffer);
        }
    }

    public static long Fstatfs(long fd, Span<long> words)
    {
        fixed (long* buffer = words)
        {
            return Call(138, fd, (long)buffer);
        }
    }

    private delegate long Fill(Span<byte> buffer);

    private static string Result(Fill fill)
    {
        byte[] buffer = new byte[70_000];
        long length = fill(buffer);
        return length < 0 ? Errno.Name(length) : Text(buffer.AsSpan(0, (int)length));
    }

    private static string Sorted(string names) => string.Join(' ', names.Split('\0', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));

    private static long StatBy(long number, string? path, out FileStatus status)
    {
        long* words = stackalloc long[18];
        long result = CallPath(number, path, (long)words);
        status = FileStatus.Parse(new ReadOnlySpan<long>(words, 18));
        return result;
    }

    private static long SetXattrBy(long number, string? path, string name, string value, int flags)
    {
        byte[] bytes = Bytes(value);
        fixed (byte* attribute = Terminated(name), content = bytes)
        {
            return CallPath(number, path, (long)attribute, (long)content, bytes.Length, flags);
        }
    }

    private static long GetXattrBy(long number, string? path, string name, Span<byte> buffer)
    {
        fixed (byte* attribute = Terminated(name), content = buffer)
        {
            return CallPath(number, path, (long)attribute, (long)content, buffer.Length);
        }
    }

    private static long RemoveXattrBy(long number, string? path, string name)
    {
        fixed (byte* attribute = Terminated(name))
        {
            return CallPath(number, path, (long)attribute);
        }
    }

    private static long BufferBy(long number, string? path, Span<byte> buffer)
    {
        fixed (byte* content = buffer)
        {
            return CallPath(number, path, (long)content, buffer.Length);
        }
    }
}
