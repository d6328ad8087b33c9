using KafkaFs.Fuse.Abi;

namespace KafkaFs.Fuse.Session;

/// <summary>What INIT agreed on.</summary>
/// <param name="Minor">Minor version of protocol 7 that is spoken.</param>
/// <param name="Flags">Features that both sides have.</param>
/// <param name="MaxWriteBytes">Longest WRITE.</param>
public sealed record FuseConnectionInfo(uint Minor, InitFlags Flags, int MaxWriteBytes)
{
    /// <summary>All names can be invalidated at once (FUSE_NOTIFY_INC_EPOCH, protocol 7.44).</summary>
    public bool HasEpoch => Minor >= 44;

    /// <summary>A name can be made to be looked up again without what hangs on it being dropped (FUSE_EXPIRE_ONLY).</summary>
    public bool HasExpireOnly => (Flags & InitFlags.HasExpireOnly) != 0;
}
