using KafkaFs.Replica.Namespace;
using Xunit;

namespace KafkaFs.Simulation.Checkpoint;

/// <summary>A state built anew from all facts of another, so with other slots and with a hash that never saw a change.</summary>
internal static class Copies
{
    public static NamespaceState Of(NamespaceState state)
    {
        NamespaceState copy = new();
        copy.Restore(state.Totals);
        foreach (InodeRow row in state.InodeRows().OrderBy(row => row.Inode.Value))
        {
            Assert.True(copy.TryRestore(NamespaceTable.Inodes, (long)row.Inode.Value, Inode(row)));
        }

        foreach (EntryRow row in state.EntryRows().OrderBy(row => row.Cookie))
        {
            Assert.True(copy.TryRestore(NamespaceTable.Entries, row.Cookie, Entry(row)));
        }

        foreach (IGrouping<ulong, XattrRow> rows in state.XattrRows().GroupBy(row => row.Inode.Value))
        {
            Assert.True(copy.TryRestore(NamespaceTable.Xattrs, (long)rows.Key, Xattrs(rows)));
        }

        Assert.True(state.Sessions.All(pair => copy.TryRestore(new SessionRow(pair.Key.Number, pair.Value))));
        Assert.True(state.LastRuns.All(pair => copy.TryRestore(new MasterRow(pair.Key, pair.Value))));
        return copy;
    }

    private static byte[] Inode(InodeRow row)
    {
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        InodeAttributes a = row.Attributes;
        writer.Write((byte)a.Type);
        writer.Write(a.HasAtime);
        writer.Write(a.Mode);
        Array.ForEach([a.Uid, a.Gid, a.Rdev, a.Links, a.Entries, a.Subdirectories], writer.Write);
        Array.ForEach([(long)a.Size, a.MtimeNs, a.CtimeNs, a.BtimeNs, a.AtimeNs, row.Birth], writer.Write);
        writer.Write((ushort)row.Target.Length);
        writer.Write([.. row.Target, .. row.Identity]);
        return stream.ToArray();
    }

    private static byte[] Entry(EntryRow row) =>
        [.. BitConverter.GetBytes(row.Parent.Value), .. BitConverter.GetBytes(row.Inode.Value), .. row.Name];

    private static byte[] Xattrs(IEnumerable<XattrRow> rows) => [.. rows.SelectMany(row => (byte[])
        [.. BitConverter.GetBytes((ushort)row.Name.Length), .. BitConverter.GetBytes(row.Value.Length), .. row.Name, .. row.Value])];
}
