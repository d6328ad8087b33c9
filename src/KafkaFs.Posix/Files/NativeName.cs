namespace KafkaFs.Posix.Files;

/// <summary>
/// A NUL-terminated copy of a name or path for one system call, on the stack of the caller: names are bytes, and the kernel
/// wants a terminator that a span does not have.
/// </summary>
internal static class NativeName
{
    /// <summary>PATH_MAX, with its NUL.</summary>
    public const int MaxBytes = 4_096;

    /// <summary>Copies <paramref name="name"/> and a NUL into <paramref name="buffer"/>; ENAMETOOLONG or EINVAL (a NUL inside) otherwise.</summary>
    public static Errno Terminate(ReadOnlySpan<byte> name, Span<byte> buffer)
    {
        if (name.Length >= buffer.Length)
        {
            return Errno.ENAMETOOLONG;
        }

        if (name.Contains((byte)0))
        {
            return Errno.EINVAL;
        }

        name.CopyTo(buffer);
        buffer[name.Length] = 0;
        return Errno.None;
    }
}
