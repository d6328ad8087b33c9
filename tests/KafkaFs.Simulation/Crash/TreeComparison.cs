using KafkaFs.Journal;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Tree;
using KafkaFs.Simulation.Disk;
using KafkaFs.Simulation.Model;

namespace KafkaFs.Simulation.Crash;

/// <summary>The simulated tree against the naive model, and the identities that the namespace has of its objects.</summary>
internal sealed class TreeComparison(NaiveFilesystem model, NamespaceState state, SimulatedDisk disk, TreeOwnership ownership)
{
    private readonly List<string> _found = [];
    private readonly Dictionary<SimulatedObject, ModelInode> _seen = [];

    /// <summary>The first differences, in words; empty if there are none.</summary>
    public List<string> Differences()
    {
        CompareDirectory(model.Root, disk.Root, "");
        foreach ((byte[] name, SimulatedObject own) in disk.Own.Entries)
        {
            foreach ((byte[] left, SimulatedObject _) in own.Entries)
            {
                Differ($".kafkafs/{Text(name)}/{Text(left)}", "nothing", "an object");
            }
        }

        return _found;
    }

    private void CompareDirectory(ModelInode directory, SimulatedObject found, string path)
    {
        foreach ((string name, (ModelInode inode, _)) in directory.Entries)
        {
            SimulatedObject? entry = found.Find(System.Text.Encoding.Latin1.GetBytes(name));
            if (entry is null)
            {
                Differ($"{path}{name}", inode.Type, "nothing");
            }
            else
            {
                CompareObject(inode, entry, $"{path}{name}");
            }
        }

        foreach ((byte[] name, SimulatedObject entry) in found.Entries)
        {
            if (!directory.Entries.ContainsKey(Text(name)) && !(found == disk.Root && entry == disk.Own))
            {
                Differ($"{path}{Text(name)}", "nothing", entry.Type);
            }
        }
    }

    private void CompareObject(ModelInode inode, SimulatedObject found, string path)
    {
        FileId id = new(inode.Id);
        if (_seen.TryGetValue(found, out ModelInode? other))
        {
            Expect($"{path} inode", id, new FileId(other.Id));
            return;
        }

        _seen.Add(found, inode);
        if (!state.TryGetAttributes(id, out InodeAttributes attributes))
        {
            Differ(path, id, "no inode of the namespace");
            return;
        }

        Span<byte> noted = stackalloc byte[Effects.MaxIdentityBytes], identity = stackalloc byte[SimulatedDisk.IdentityBytes];
        SimulatedDisk.WriteIdentity(found, identity);
        Expect($"{path} identity", Convert.ToHexString(identity), Convert.ToHexString(noted[..state.CopyIdentity(id, noted)]));
        InodeType type = ProjectedAttributes.Type(ownership, attributes);
        Expect($"{path} type", type, found.Type);
        if (type != InodeType.Symlink)
        {
            Expect($"{path} mode", Convert.ToString(ProjectedAttributes.Mode(ownership, attributes), 8), Convert.ToString(found.Attributes.Mode, 8));
        }

        if (ownership == TreeOwnership.Full)
        {
            Expect($"{path} owner", (inode.Uid, inode.Gid), (found.Attributes.Uid, found.Attributes.Gid));
            Expect($"{path} device", inode.Rdev, found.Rdev);
        }

        Expect($"{path} times", (inode.Atime ?? inode.Mtime, inode.Mtime), (found.Attributes.AtimeNs, found.Attributes.MtimeNs));
        Expect($"{path} target", inode.Target, Text(found.Target));
        CompareXattrs(inode, found, path);
        if (inode.IsDirectory && found.IsDirectory)
        {
            CompareDirectory(inode, found, path + "/");
        }
        else
        {
            Expect($"{path} links", model.LinksOf(inode), found.Links);
            Expect($"{path} content", inode.Type == InodeType.RegularFile ? Text(inode.Content) : "", Text(found.Content));
        }
    }

    private void CompareXattrs(ModelInode inode, SimulatedObject found, string path)
    {
        int expected = 0;
        foreach ((string name, string value) in inode.Xattrs)
        {
            if (ProjectedAttributes.HasXattr(ownership, System.Text.Encoding.Latin1.GetBytes(name)))
            {
                expected++;
                (byte[] Name, byte[] Value) xattr = Array.Find(found.Xattrs, xattr => Text(xattr.Name) == name);
                Expect($"{path} {name}", value, xattr.Value is null ? "nothing" : Text(xattr.Value));
            }
        }

        Expect($"{path} xattrs", expected, found.Xattrs.Length);
    }

    private void Expect<T>(string what, T expected, T found)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, found))
        {
            Differ(what, expected!, found!);
        }
    }

    private void Differ(string what, object expected, object found)
    {
        if (_found.Count < 10)
        {
            _found.Add($"{what}: the model has {expected}, the tree {found}");
        }
    }

    private static string Text(ReadOnlySpan<byte> bytes) => NaiveFilesystem.Text(bytes);
}
