namespace KafkaFs.Posix.Suite.Calls;

/// <summary>Calls on descriptors and contents.</summary>
internal static unsafe partial class Sys
{
    public static long Close(long fd) => Call(3, fd);

    public static long Read(long fd, Span<byte> buffer)
    {
        fixed (byte* bytes = buffer)
        {
            return Call(0, fd, (long)bytes, buffer.Length);
        }
    }

    /// <summary>What one read(2) of up to so many bytes gives, or the error's name.</summary>
    public static string Read(long fd, int count)
    {
        byte[] buffer = new byte[count];
        long length = Read(fd, buffer);
        return length < 0 ? Errno.Name(length) : Text(buffer.AsSpan(0, (int)length));
    }

    public static long Pread(long fd, Span<byte> buffer, long offset)
    {
        fixed (byte* bytes = buffer)
        {
            return Call(17, fd, (long)bytes, buffer.Length, offset);
        }
    }

    public static string Pread(long fd, int count, long offset)
    {
        byte[] buffer = new byte[count];
        long length = Pread(fd, buffer, offset);
        return length < 0 ? Errno.Name(length) : Text(buffer.AsSpan(0, (int)length));
    }

    public static long Write(long fd, string text) => Write(fd, Bytes(text));

    public static long Write(long fd, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            return Call(1, fd, (long)start, bytes.Length);
        }
    }

    public static long Pwrite(long fd, string text, long offset)
    {
        byte[] bytes = Bytes(text);
        fixed (byte* start = bytes)
        {
            return Call(18, fd, (long)start, bytes.Length, offset);
        }
    }

    /// <summary>readv(2), or preadv(2) with an offset, or preadv2 with flags, into parts of these lengths; the text, or the error's name.</summary>
    public static string Readv(long fd, int[] lengths, long? offset = null, int flags = 0)
    {
        byte[] buffer = new byte[lengths.Sum()];
        long result;
        fixed (byte* start = buffer)
        {
            result = Vector(offset is null ? 19 : flags == 0 ? 295 : 327, fd, start, lengths, offset ?? 0, flags);
        }

        return result < 0 ? Errno.Name(result) : Text(buffer.AsSpan(0, (int)result));
    }

    /// <summary>writev(2), or pwritev(2) with an offset, or pwritev2 with flags.</summary>
    public static long Writev(long fd, string[] parts, long? offset = null, int flags = 0)
    {
        fixed (byte* start = Bytes(string.Concat(parts)))
        {
            return Vector(offset is null ? 20 : flags == 0 ? 296 : 328, fd, start, [.. parts.Select(part => part.Length)], offset ?? 0, flags);
        }
    }

    public static long Lseek(long fd, long offset, int whence) => Call(8, fd, offset, whence);

    public static long Truncate(string? path, long size) => CallPath(76, path, size);

    public static long Ftruncate(long fd, long size) => Call(77, fd, size);

    public static long Fallocate(long fd, int mode, long offset, long length) => Call(285, fd, mode, offset, length);

    /// <summary>copy_file_range(2); a null offset is the descriptor's own.</summary>
    public static long CopyFileRange(long source, long? sourceOffset, long target, long? targetOffset, long count, uint flags = 0)
    {
        long from = sourceOffset ?? 0, to = targetOffset ?? 0;
        return Call(326, source, sourceOffset is null ? 0 : (long)(&from), target, targetOffset is null ? 0 : (long)(&to), count, flags);
    }

    public static long SendFile(long target, long source, long count) => Call(40, target, source, 0, count);

    public static long Fsync(long fd) => Call(74, fd);

    public static long Fdatasync(long fd) => Call(75, fd);

    public static long Syncfs(long fd) => Call(306, fd);

    public static long SyncFileRange(long fd, long offset, long count, uint flags) => Call(277, fd, offset, count, flags);

    public static long Fadvise(long fd, long offset, long count, int advice) => Call(221, fd, offset, count, advice);

    public static long Mmap(long length, int protection, int flags, long fd, long offset) => Call(9, 0, length, protection, flags, fd, offset);

    public static long Msync(long address, long length, int flags) => Call(26, address, length, flags);

    public static long Munmap(long address, long length) => Call(11, address, length);

    public static long Dup(long fd) => Call(32, fd);

    public static long Fcntl(long fd, int command, long argument = 0) => Call(72, fd, command, argument);

    /// <summary>A lock of fcntl(2); of F_GETLK the type that stands in the way.</summary>
    public static long Lock(long fd, int command, int type, long start, long length, out int found)
    {
        long* words = stackalloc long[4];
        *(short*)words = (short)type;
        (words[1], words[2], words[3]) = (start, length, 0);
        long result = Call(72, fd, command, (long)words);
        found = *(short*)words;
        return result;
    }

    public static long Flock(long fd, int operation) => Call(73, fd, operation);

    public static long Getdents(long fd, Span<byte> buffer)
    {
        fixed (byte* bytes = buffer)
        {
            return Call(217, fd, (long)bytes, buffer.Length);
        }
    }

    public static long Socket() => Call(41, 1, 1, 0);

    public static long Bind(long fd, string path) => SocketName(49, fd, path);

    public static long Connect(long fd, string path) => SocketName(42, fd, path);

    public static long Listen(long fd) => Call(50, fd, 1);

    /// <summary>Sets the limit of file sizes of the process (RLIMIT_FSIZE); below zero: none.</summary>
    public static long LimitFileSize(long bytes)
    {
        long* limit = stackalloc long[2];
        (limit[0], limit[1]) = (bytes, -1);
        return Call(302, 0, 1, (long)limit, 0);
    }

    private static long SocketName(long number, long fd, string path)
    {
        byte* address = stackalloc byte[110];
        new Span<byte>(address, 110).Clear();
        address[0] = 1;
        Bytes(path).CopyTo(new Span<byte>(address + 2, 108));
        return Call(number, fd, (long)address, 3 + path.Length);
    }

    private static long Vector(long number, long fd, byte* start, int[] lengths, long offset, int flags)
    {
        long* vectors = stackalloc long[lengths.Length * 2];
        for (int part = 0; part < lengths.Length; start += lengths[part++])
        {
            (vectors[part * 2], vectors[part * 2 + 1]) = ((long)start, lengths[part]);
        }

        return Call(number, fd, (long)vectors, lengths.Length, offset, offset < 0 ? -1 : 0, flags);
    }
}
