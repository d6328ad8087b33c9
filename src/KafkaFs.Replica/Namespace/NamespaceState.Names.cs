using KafkaFs.Journal;

namespace KafkaFs.Replica.Namespace;

/// <summary>All names of one inode.</summary>
public sealed partial class NamespaceState
{
    /// <summary>The names of a live inode, copied, in no order; none for the root and for unknown inodes. By the holder of the apply lock.</summary>
    internal List<(FileId Directory, byte[] Name)> NamesOf(FileId inode)
    {
        List<(FileId Directory, byte[] Name)> names = [];
        int slot = SlotOf(inode);
        for (int entry = slot == 0 ? 0 : _inodes[slot].FirstName; entry != 0; entry = _entries[entry].NextName)
        {
            names.Add((_inodes[_entries[entry].Parent].Id, NameOf(entry).ToArray()));
        }

        return names;
    }
}
