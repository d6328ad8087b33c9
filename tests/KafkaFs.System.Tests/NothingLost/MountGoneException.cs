using KafkaFs.Posix;

namespace KafkaFs.System.Tests.NothingLost;

/// <summary>The mount under a worker ended; what it was doing is not known.</summary>
internal sealed class MountGoneException(string words) : Exception(words)
{
    /// <summary>What calls on the mount of a killed master are answered; pages that it was to read give EIO.</summary>
    public static bool IsSign(Errno errno) => errno is Errno.ENOTCONN or Errno.ECONNABORTED or Errno.EIO;
}
