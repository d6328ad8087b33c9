using KafkaFs.Journal;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.Replica.Recovery;

/// <summary>An accepted change of a content, all but its data.</summary>
/// <param name="RecordOffset">Where its record is.</param>
/// <param name="Inode">Whose content.</param>
/// <param name="Kind">Write, Truncate or Allocate.</param>
/// <param name="Offset">First byte; of an append the size that evaluation found.</param>
/// <param name="Before">Size before it, bytes.</param>
/// <param name="After">Size after it, bytes.</param>
internal readonly record struct ContentChange(long RecordOffset, FileId Inode, EffectKind Kind, ulong Offset, ulong Before, ulong After)
{
    /// <summary>Of a record that was evaluated as such a change, and is not published yet.</summary>
    public static ContentChange Of(Effects effects, NamespaceState state, long recordOffset)
    {
        state.TryGetAttributes(effects.Inode, out InodeAttributes before);
        effects.TryGetUpdate(effects.Inode, out InodeUpdate update);
        return new ContentChange(recordOffset, effects.Inode, effects.Kind, effects.Offset, before.Size, update.After.Size);
    }
}
