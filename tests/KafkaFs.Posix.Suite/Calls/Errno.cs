namespace KafkaFs.Posix.Suite.Calls;

/// <summary>Errors as the kernel returns them: below zero, so that a call's result and its error are one number.</summary>
internal static class Errno
{
    public const long EPERM = -1, ENOENT = -2, EINTR = -4, EIO = -5, ENXIO = -6, E2BIG = -7, EBADF = -9, EAGAIN = -11, EACCES = -13, EFAULT = -14, EBUSY = -16;
    public const long EEXIST = -17, EXDEV = -18, ENODEV = -19, ENOTDIR = -20, EISDIR = -21, EINVAL = -22, ENOTTY = -25, ETXTBSY = -26, EFBIG = -27, ENOSPC = -28;
    public const long ESPIPE = -29, EROFS = -30, EMLINK = -31, ERANGE = -34, EDEADLK = -35, ENAMETOOLONG = -36, ENOSYS = -38, ENOTEMPTY = -39, ELOOP = -40;
    public const long ENODATA = -61, EOVERFLOW = -75, EOPNOTSUPP = -95, EADDRINUSE = -98, ESTALE = -116, ECONNREFUSED = -111, ENOTSOCK = -88;

    private static readonly Dictionary<long, string> s_names =
        typeof(Errno).GetFields().Where(field => field.IsLiteral).ToDictionary(field => (long)field.GetRawConstantValue()!, field => field.Name);

    /// <summary>A result in words.</summary>
    public static string Name(long result) => s_names.TryGetValue(result, out string? name) ? name : $"{result}";
}
