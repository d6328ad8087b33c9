using KafkaFs.Fuse.Abi;

namespace KafkaFs.Fuse.Session;

/// <summary>What INIT agreed on.</summary>
/// <param name="Minor">Minor version of protocol 7 that is spoken.</param>
/// <param name="Flags">Features that both sides have.</param>
/// <param name="MaxWriteBytes">Longest WRITE.</param>
public sealed record FuseConnectionInfo(uint Minor, InitFlags Flags, int MaxWriteBytes);
