using KafkaFs.Differential.Calls;
using KafkaFs.Differential.Native;
using KafkaFs.Differential.Sides;

namespace KafkaFs.Differential.Model;

/// <summary>
/// The names of a subtree as the reference's answers say that they are: to make up calls that mostly succeed, and to judge directories that are
/// read while they change. One thread.
/// </summary>
internal sealed class NameModel
{
    private const int FollowMax = 40;
    private readonly DirectoryScan?[] _scans = new DirectoryScan?[Side.Slots];

    public ModelInode Root { get; } = new('d');

    /// <summary>All names, in no order.</summary>
    public List<ModelEntry> Entries { get; } = [];

    /// <summary>What each slot has open: null if it is closed, or opened something that the model does not know.</summary>
    public ModelInode?[] Open { get; } = new ModelInode?[Side.Slots];

    /// <summary>The flags that each slot was opened with.</summary>
    public int[] OpenFlags { get; } = new int[Side.Slots];

    public DirectoryScan? ScanOf(int slot) => _scans[slot];

    /// <summary>The reference answered <paramref name="call"/> so.</summary>
    public void Apply(Call call, in Outcome outcome)
    {
        if (call.Kind is CallKind.Open or CallKind.DirOpen or CallKind.Close)
        {
            SetSlot(call.Slot, null, null);
        }

        if (!outcome.Succeeded)
        {
            if (call.Kind == CallKind.Dup)
            {
                SetSlot(call.Slot2, null, null);
            }

            return;
        }

        switch (call.Kind)
        {
            case CallKind.Mkdir:
                Add(call.Path, new ModelInode('d'));
                break;
            case CallKind.Mknod:
                Add(call.Path, new ModelInode(KindOf(call.Mode)));
                break;
            case CallKind.Symlink:
                Add(call.Path, new ModelInode('l', call.Path2));
                break;
            case CallKind.Link:
                Add(call.Path2, Find(call.Path, follow: false).Entry!.Inode);
                break;
            case CallKind.Unlink or CallKind.Rmdir:
                Remove(Find(call.Path, follow: false).Entry!);
                break;
            case CallKind.Rename:
                Rename(call);
                break;
            case CallKind.Open:
                OnOpen(call);
                break;
            case CallKind.DirOpen:
                ModelInode directory = call.Path == "." ? Root : Find(call.Path, follow: true).Entry!.Inode;
                SetSlot(call.Slot, directory, new DirectoryScan(directory));
                break;
            case CallKind.Dup when call.Slot != call.Slot2:
                // A scan is of one slot: another that shares its position is not judged.
                SetSlot(call.Slot2, Open[call.Slot], null);
                OpenFlags[call.Slot2] = OpenFlags[call.Slot];
                SetSlot(call.Slot, Open[call.Slot], null);
                break;
        }
    }

    /// <summary>Where a path leads: the directory and name that its last part is, and the entry if there is one.</summary>
    public (ModelInode Directory, string Name, ModelEntry? Entry) Find(string path, bool follow) => Find(Root, path, follow, 0);

    private static char KindOf(uint mode) => (int)(mode & Linux.S_IFMT) switch
    {
        Linux.S_IFIFO => 'p',
        Linux.S_IFCHR => 'c',
        Linux.S_IFBLK => 'b',
        Linux.S_IFSOCK => 's',
        _ => 'f',
    };

    private (ModelInode Directory, string Name, ModelEntry? Entry) Find(ModelInode from, string path, bool follow, int followed)
    {
        string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        ModelInode directory = from;
        for (int index = 0; ; index++)
        {
            bool last = index == parts.Length - 1;
            string name = parts[index];
            ModelEntry? entry = name == ".." ? directory.Place?.Directory.Place : directory.Names.GetValueOrDefault(name);
            if (entry?.Inode.Kind == 'l' && (!last || follow) && followed < FollowMax)
            {
                (directory, name, entry) = Find(directory, entry.Inode.Target, follow: true, followed + 1);
            }

            if (last)
            {
                return (directory, name, entry);
            }

            directory = entry?.Inode ?? (name == ".." ? Root : throw new ModelException($"The model has no {CallText.Escape(path)}"));
        }
    }

    private void OnOpen(Call call)
    {
        bool follow = (call.Flags & Linux.O_NOFOLLOW) == 0 && (call.Flags & (Linux.O_CREAT | Linux.O_EXCL)) != (Linux.O_CREAT | Linux.O_EXCL);
        if (call.Path == ".")
        {
            return;
        }

        (ModelInode directory, string name, ModelEntry? entry) = Find(call.Path, follow);
        if (entry is null && (call.Flags & Linux.O_CREAT) != 0)
        {
            entry = Add(directory, name, new ModelInode('f'));
        }

        SetSlot(call.Slot, entry?.Inode, null);
        OpenFlags[call.Slot] = call.Flags;
    }

    private void SetSlot(int slot, ModelInode? inode, DirectoryScan? scan)
    {
        if (_scans[slot] is { } old)
        {
            old.Directory.Scans.Remove(old);
        }

        (Open[slot], _scans[slot]) = (inode, scan);
        scan?.Directory.Scans.Add(scan);
    }

    private void Rename(Call call)
    {
        ModelEntry from = Find(call.Path, follow: false).Entry!;
        (ModelInode directory, string name, ModelEntry? displaced) = Find(call.Path2, follow: false);
        if (displaced?.Inode == from.Inode)
        {
            return;
        }

        if (displaced is not null)
        {
            Remove(displaced);
        }

        Remove(from);
        Add(directory, name, from.Inode);
        if (displaced is not null && call.Flags == Linux.RENAME_EXCHANGE)
        {
            Add(from.Directory, from.Name, displaced.Inode);
        }
    }

    private void Add(string path, ModelInode inode)
    {
        (ModelInode directory, string name, _) = Find(path, follow: false);
        Add(directory, name, inode);
    }

    private ModelEntry Add(ModelInode directory, string name, ModelInode inode)
    {
        ModelEntry entry = new(directory, name, inode) { Index = Entries.Count };
        if (!directory.Names.TryAdd(name, entry))
        {
            throw new ModelException($"The model has {CallText.Escape(entry.Path)} already");
        }

        Entries.Add(entry);
        inode.Place = inode.Kind == 'd' ? entry : null;
        Tell(directory, name);
        return entry;
    }

    private void Remove(ModelEntry entry)
    {
        entry.Directory.Names.Remove(entry.Name);
        ModelEntry last = Entries[^1];
        (Entries[entry.Index], last.Index) = (last, entry.Index);
        Entries.RemoveAt(Entries.Count - 1);
        entry.Inode.Place = null;
        Tell(entry.Directory, entry.Name);
    }

    private static void Tell(ModelInode directory, string name)
    {
        foreach (DirectoryScan scan in directory.Scans)
        {
            scan.OnChanged(name);
        }
    }
}
