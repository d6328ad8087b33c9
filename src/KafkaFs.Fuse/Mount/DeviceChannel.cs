using KafkaFs.Fuse.Session;
using KafkaFs.Posix;
using KafkaFs.Posix.Mounting;

namespace KafkaFs.Fuse.Mount;

/// <summary>/dev/fuse: replies must go to the descriptor that delivered the request, so there is one for all threads.</summary>
internal sealed class DeviceChannel(SafeFd device) : IFuseChannel
{
    /// <inheritdoc/>
    public Errno Read(Span<byte> buffer, out int length) => MountCalls.Read(device, buffer, out length);

    /// <inheritdoc/>
    public Errno Write(ReadOnlySpan<byte> message) => MountCalls.Write(device, message);
}
