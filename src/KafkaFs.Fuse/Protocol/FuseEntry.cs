using KafkaFs.Fuse.Abi;

namespace KafkaFs.Fuse.Protocol;

/// <summary>
/// The answer to a name: the inode it leads to, and for how long the kernel may believe it. Each one given to the kernel counts as
/// one lookup until a FORGET.
/// </summary>
/// <param name="Node">None (0) is an answer too: there is no such name.</param>
/// <param name="Attr">Attributes of the inode.</param>
/// <param name="EntryValidity">How long the name leads there.</param>
/// <param name="AttrValidity">How long the attributes hold.</param>
public readonly record struct FuseEntry(NodeId Node, FuseAttr Attr, TimeSpan EntryValidity, TimeSpan AttrValidity)
{
    internal EntryOut ToWire() => new()
    {
        Node = Node.Value,
        EntryValid = (ulong)EntryValidity.TotalSeconds,
        EntryValidNs = (uint)EntryValidity.Milliseconds * 1_000_000,
        AttrValid = (ulong)AttrValidity.TotalSeconds,
        AttrValidNs = (uint)AttrValidity.Milliseconds * 1_000_000,
        Attr = Attr.ToWire(),
    };
}
