using KafkaFs.Posix;

namespace KafkaFs.Fuse.Session;

/// <summary>The kernel's side of a connection: /dev/fuse, or a test. Both methods may be called from several threads.</summary>
public interface IFuseChannel
{
    /// <summary>Waits for one request and copies it to <paramref name="buffer"/>; ENODEV when the mount is gone.</summary>
    Errno Read(Span<byte> buffer, out int length);

    /// <summary>Hands over one reply or notification, whole.</summary>
    Errno Write(ReadOnlySpan<byte> message);
}
