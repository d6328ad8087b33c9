using KafkaFs.Fuse.Abi;
using KafkaFs.Posix.Files;

namespace KafkaFs.Fuse.Protocol;

/// <summary>The arguments of SETATTR; which of them are given is in <see cref="Valid"/>. Times are nanoseconds since 1970.</summary>
public readonly record struct SetAttrRequest
{
    public SetAttrMask Valid { get; init; }

    public HandleId Handle { get; init; }

    public ulong Size { get; init; }

    public long AtimeNs { get; init; }

    public long MtimeNs { get; init; }

    /// <summary>Permission bits, 0 to 07777.</summary>
    public uint Mode { get; init; }

    public uint Uid { get; init; }

    public uint Gid { get; init; }

    internal static SetAttrRequest FromWire(in SetAttrIn wire) => new()
    {
        Valid = wire.Valid,
        Handle = new HandleId(wire.Handle),
        Size = wire.Size,
        AtimeNs = UnixTime.ToNs((long)wire.Atime, wire.AtimeNs),
        MtimeNs = UnixTime.ToNs((long)wire.Mtime, wire.MtimeNs),
        Mode = wire.Mode & 0xfff,
        Uid = wire.Uid,
        Gid = wire.Gid,
    };
}
