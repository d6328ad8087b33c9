using KafkaFs.Fuse.Session;
using KafkaFs.Posix;
using KafkaFs.Posix.Mounting;

namespace KafkaFs.Fuse.Mount;

/// <summary>/dev/fuse: replies must go to the descriptor that delivered the request, so there is one for all threads. A closed one is ENODEV.</summary>
internal sealed class DeviceChannel(SafeFd device) : IFuseChannel
{
    /// <inheritdoc/>
    public Errno Read(Span<byte> buffer, out int length)
    {
        try
        {
            return MountCalls.Read(device, buffer, out length);
        }
        catch (ObjectDisposedException)
        {
            length = 0;
            return Errno.ENODEV;
        }
    }

    /// <inheritdoc/>
    public Errno Write(ReadOnlySpan<byte> message)
    {
        try
        {
            return MountCalls.Write(device, message);
        }
        catch (ObjectDisposedException)
        {
            return Errno.ENODEV;
        }
    }
}
