using System.Text;
using KafkaFs.Journal;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Tree;

namespace KafkaFs.Replica.Recovery;

/// <summary>
/// Step 4: whatever stands at a touched name and is not what the namespace wants there goes: older objects that live to limbo,
/// what the redone records made or removed for good, strangers to `.kafkafs/foreign`. It may be stopped anywhere and begun again.
/// </summary>
internal sealed class Evacuation(RecoveryPlan plan, NamespaceState state, PhysicalPlaces places, TreePlace place, DataTree tree, Limbo limbo)
{
    private readonly Queue<(byte[] Name, TouchedDirectory Touched)> _dead = new();

    public void Run(CancellationToken stop)
    {
        SortLimbo();
        EmptyDead();
        List<FileId> waiting = [.. plan.Directories.Keys.Where(plan.IsOlder)];
        int before;
        do
        {
            // A directory inside one that is going is reached once that one has been emptied.
            before = waiting.Count;
            waiting.RemoveAll(directory =>
            {
                stop.ThrowIfCancellationRequested();
                return TryEvacuate(directory);
            });
            EmptyDead();
        }
        while (waiting.Count < before);

        if (waiting.Find(IsLive) is { IsNone: false } missing)
        {
            throw TreeDamage.Missing(place, state, missing, places.FirstRefusal);
        }
    }

    private bool IsLive(FileId inode) => state.TryGetAttributes(inode, out _);

    // What an earlier attempt left: its objects stay, all others go by the same rule as everywhere.
    private void SortLimbo()
    {
        foreach (byte[] name in limbo.Names())
        {
            FileId inode = Identify(limbo.Fd, name, out InodeType type);
            if (!inode.IsNone && IsLive(inode) && name.AsSpan().SequenceEqual(Limbo.NameOf(inode)))
            {
                continue;
            }

            if (type == InodeType.Directory && (inode.IsNone || !IsLive(inode)))
            {
                _dead.Enqueue((name, NamesOf(inode)));
            }
            else
            {
                Evacuate(limbo.Fd, name, new TouchedDirectory(), ".kafkafs/limbo");
            }
        }
    }

    private bool TryEvacuate(FileId directory)
    {
        Errno errno = tree.Reach(directory, places, out DescriptorLease lease);
        if (TreeRefusedException.IsAbsent(errno))
        {
            return false;
        }

        string path = DataTree.Describe(directory, places);
        TreeRefusedException.ThrowIf(errno, "open", path);
        using (lease)
        {
            TouchedDirectory touched = plan.Directories[directory];
            foreach (byte[] name in touched.Names)
            {
                if (!IsWanted(lease.Fd, directory, name))
                {
                    Evacuate(lease.Fd, name, touched, path);
                }
            }
        }

        return true;
    }

    private bool IsWanted(SafeFd directory, FileId inode, byte[] name)
    {
        FileId wanted = state.Lookup(inode, name);
        Span<byte> identity = stackalloc byte[Effects.MaxIdentityBytes];
        identity = identity[..state.CopyIdentity(wanted, identity)];
        Errno errno = place.Calls.HasIdentity(directory, name, identity, out bool same);
        TreeRefusedException.ThrowIf(errno == Errno.ENOENT ? Errno.None : errno, "identify", Text(name));
        return errno == Errno.ENOENT || same;
    }

    private void Evacuate(SafeFd parent, byte[] name, TouchedDirectory touched, string path)
    {
        FileId inode = Identify(parent, name, out InodeType type);
        path = $"{path}/{Text(name)}".TrimStart('/');
        if (type == InodeType.None)
        {
            return;
        }

        if (!inode.IsNone && IsLive(inode))
        {
            MoveToLimbo(inode, parent, name, path);
        }
        else if (inode.IsNone && !touched.HasPut(name, type))
        {
            TreeRefusedException.ThrowIf(tree.ClearWay(parent, name), "move a foreign object away", path);
        }
        else if (type == InodeType.Directory)
        {
            byte[] dead = limbo.TakeDead(parent, name, tree, path);
            _dead.Enqueue((dead, NamesOf(inode)));
            if (!inode.IsNone)
            {
                places.MoveToLimbo(inode, dead);
            }
        }
        else
        {
            Errno errno = place.Calls.Unlink(parent, name);
            TreeRefusedException.ThrowIf(errno == Errno.ENOENT ? Errno.None : errno, "unlink", path);
        }
    }

    private void MoveToLimbo(FileId inode, SafeFd parent, byte[] name, string path)
    {
        byte[] kept = Limbo.NameOf(inode);
        Errno errno = tree.RenameToFreeName(parent, name, limbo.Fd, kept);
        if (errno == Errno.EEXIST)
        {
            // Another name of the same file is there already: a rename between the two would do nothing.
            errno = place.Calls.Unlink(parent, name);
        }

        TreeRefusedException.ThrowIf(errno, "move to limbo", path);
        places.MoveToLimbo(inode, kept);
    }

    // A directory that goes is emptied by the rule for every name, one level at a time: its directories come to limbo themselves.
    private void EmptyDead()
    {
        while (_dead.TryDequeue(out (byte[] Name, TouchedDirectory Touched) dead))
        {
            string path = $".kafkafs/limbo/{Text(dead.Name)}";
            Errno errno = place.Calls.Open(limbo.Fd, dead.Name, OpenFlags.ReadOnly | OpenFlags.Directory, 0, out SafeFd directory);
            TreeRefusedException.ThrowIf(errno, "open", path);
            using (directory)
            {
                List<byte[]> names = [];
                TreeRefusedException.ThrowIf(place.Calls.ListNames(directory, names), "list", path);
                foreach (byte[] name in names)
                {
                    Evacuate(directory, name, dead.Touched, path);
                }
            }

            TreeRefusedException.ThrowIf(place.Calls.RemoveDirectory(limbo.Fd, dead.Name), "rmdir", path);
        }
    }

    // The names that records put into this directory; which one an unknown directory was cannot be told, so those of all new ones.
    private TouchedDirectory NamesOf(FileId directory) =>
        directory.IsNone ? plan.BornNames : plan.Directories.GetValueOrDefault(directory) ?? new TouchedDirectory();

    private FileId Identify(SafeFd parent, byte[] name, out InodeType type)
    {
        Span<byte> identity = stackalloc byte[Effects.MaxIdentityBytes];
        int length = 0;
        Errno errno = place.Calls.Stat(parent, name, out StatxResult stat);
        errno = errno != Errno.None ? errno : place.Calls.Identify(parent, name, identity, out length);
        TreeRefusedException.ThrowIf(errno == Errno.ENOENT ? Errno.None : errno, "identify", Text(name));
        type = errno == Errno.ENOENT ? InodeType.None : (InodeType)stat.Type;
        return plan.Find(identity[..length]);
    }

    private static string Text(byte[] name) => Encoding.UTF8.GetString(name);
}
