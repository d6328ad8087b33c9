using static KafkaFs.Posix.Suite.Calls.Constants;
using static KafkaFs.Posix.Suite.Calls.Sys;

namespace KafkaFs.Posix.Suite.Rules;

/// <summary>Calls on the content of file "f", for tables of them.</summary>
internal static class ContentCalls
{
    /// <summary>A call on a descriptor that is opened for it; the errno of open(2) if that fails.</summary>
    public static long With(int flags, Func<long, long> call)
    {
        long fd = Open("f", flags);
        if (fd < 0)
        {
            return fd;
        }

        long result = call(fd);
        Close(fd);
        return result;
    }

    /// <summary>copy_file_range(2) of six bytes of file "source".</summary>
    public static long Copied(long target)
    {
        long source = Open("source", O_RDONLY);
        long result = CopyFileRange(source, null, target, null, 6);
        Close(source);
        return result;
    }
}
