using KafkaFs.Journal.Codec;
using KafkaFs.Posix;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.Simulation.Model;

/// <summary>Names: as rename(2), link(2), unlink(2) and rmdir(2) say.</summary>
internal sealed partial class NaiveFilesystem
{
    /// <summary>Names of an inode, found by looking everywhere.</summary>
    public int LinksOf(ModelInode inode) =>
        Inodes.Values.Sum(directory => directory.Entries.Values.Count(entry => entry.Inode == inode));

    private Outcome Make(in Change change, long now)
    {
        InodeType type = change.Kind switch
        {
            ChangeKind.Create => InodeType.RegularFile,
            ChangeKind.Mkdir => InodeType.Directory,
            ChangeKind.Symlink => InodeType.Symlink,
            _ => (InodeType)change.Type,
        };
        bool mknod = change.Kind == ChangeKind.Mknod;
        if (!IsName(Text(change.Name)) || change.Mode > 0xfff || change.Uid == uint.MaxValue || change.Gid == uint.MaxValue
            || (mknod && change.Type is not (1 or 2 or 6 or 12))
            || (type == InodeType.Symlink && !mknod && (change.Data.Length is 0 or > 4095 || change.Data.Contains((byte)0))))
        {
            return Outcome.IsVoid(VoidReason.Malformed);
        }

        Errno errno = Directory(change.Parent.Value, Text(change.Name), out ModelInode parent);
        if (errno == Errno.None && parent.Entries.ContainsKey(Text(change.Name)))
        {
            errno = Errno.EEXIST;
        }

        // The bits of new_encode_dev above major 511 (17 to 19) and above minor 262,143 (30 and 31).
        if (errno == Errno.None && mknod && type is InodeType.CharacterDevice or InodeType.BlockDevice && (change.Rdev & 0xc00e0000) != 0)
        {
            errno = Errno.EINVAL;
        }

        if (errno != Errno.None)
        {
            return Outcome.Failed(errno);
        }

        ModelInode made = new()
        {
            Id = change.Inode.Value,
            Type = type,
            Mode = type == InodeType.Symlink ? 0x1ffu : change.Mode,
            Uid = change.Uid,
            Gid = change.Gid,
            Rdev = type is InodeType.CharacterDevice or InodeType.BlockDevice ? change.Rdev : 0,
            Target = type == InodeType.Symlink ? Text(change.Data) : "",
            Size = type == InodeType.Symlink ? (ulong)change.Data.Length : 0,
            Mtime = now,
            Ctime = now,
            Btime = now,
        };
        Inodes[made.Id] = made;
        Put(parent, Text(change.Name), made, now);
        return Outcome.Success;
    }

    private Outcome Link(in Change change, long now)
    {
        string name = Text(change.Name);
        if (!IsName(name))
        {
            return Outcome.IsVoid(VoidReason.Malformed);
        }

        if (!Inodes.TryGetValue(change.Inode.Value, out ModelInode? linked))
        {
            return Outcome.Failed(Errno.ENOENT);
        }

        Errno errno = Directory(change.Parent.Value, name, out ModelInode parent);
        if (errno == Errno.None)
        {
            errno = parent.Entries.ContainsKey(name) ? Errno.EEXIST
                : linked.IsDirectory ? Errno.EPERM
                : LinksOf(linked) >= Limits.LinkMax ? Errno.EMLINK
                : Errno.None;
        }

        if (errno != Errno.None)
        {
            return Outcome.Failed(errno);
        }

        Put(parent, name, linked, now);
        linked.Ctime = now;
        return Outcome.Success;
    }

    private Outcome Remove(in Change change, long now)
    {
        string name = Text(change.Name);
        if (!IsName(name))
        {
            return Outcome.IsVoid(VoidReason.Malformed);
        }

        Errno errno = Directory(change.Parent.Value, name, out ModelInode parent);
        if (errno != Errno.None)
        {
            return Outcome.Failed(errno);
        }

        if (!parent.Entries.TryGetValue(name, out (ModelInode Inode, long Cookie) entry))
        {
            return Outcome.Failed(Errno.ENOENT);
        }

        errno = change.Kind == ChangeKind.Unlink ? (entry.Inode.IsDirectory ? Errno.EISDIR : Errno.None)
            : !entry.Inode.IsDirectory ? Errno.ENOTDIR
            : entry.Inode.Entries.Count > 0 ? Errno.ENOTEMPTY
            : Errno.None;
        if (errno != Errno.None)
        {
            return Outcome.Failed(errno);
        }

        Drop(parent, name, now);
        return Outcome.Success;
    }

    private Outcome Rename(in Change change, long now)
    {
        string name = Text(change.Name), newName = Text(change.NewName);
        bool noReplace = (change.Flags & ChangeFlags.RenameNoReplace) != 0, exchange = (change.Flags & ChangeFlags.RenameExchange) != 0;
        const ChangeFlags known = ChangeFlags.RenameNoReplace | ChangeFlags.RenameExchange;
        if (!IsName(name) || !IsName(newName) || (change.Flags & ~known) != 0 || (noReplace && exchange))
        {
            return Outcome.IsVoid(VoidReason.Malformed);
        }

        Errno errno = CheckRename(change, noReplace, exchange, out ModelInode from, out ModelInode to, out ModelInode? moved, out ModelInode? victim);
        if (errno != Errno.None || moved == victim)
        {
            return Outcome.Failed(errno);
        }

        if (exchange)
        {
            (from.Entries[name], to.Entries[newName]) = ((victim!, from.Entries[name].Cookie), (moved!, to.Entries[newName].Cookie));
            victim!.Ctime = now;
        }
        else
        {
            if (victim is not null)
            {
                Drop(to, newName, now);
            }

            from.Entries.Remove(name);
            Put(to, newName, moved!, now);
        }

        moved!.Ctime = now;
        (from.Mtime, from.Ctime, to.Mtime, to.Ctime) = (now, now, now, now);
        return Outcome.Success;
    }

    private Errno CheckRename(
        in Change change, bool noReplace, bool exchange, out ModelInode from, out ModelInode to, out ModelInode? moved, out ModelInode? victim)
    {
        string name = Text(change.Name), newName = Text(change.NewName);
        (moved, victim, to) = (null, null, null!);
        Errno errno = Directory(change.Parent.Value, name, out from);
        if (errno == Errno.None && !from.Entries.ContainsKey(name))
        {
            errno = Errno.ENOENT;
        }

        errno = errno != Errno.None ? errno : Directory(change.NewParent.Value, newName, out to);
        if (errno != Errno.None)
        {
            return errno;
        }

        moved = from.Entries[name].Inode;
        victim = to.Entries.TryGetValue(newName, out (ModelInode Inode, long Cookie) entry) ? entry.Inode : null;
        if (victim is not null && noReplace)
        {
            return Errno.EEXIST;
        }

        if (victim is null && exchange)
        {
            return Errno.ENOENT;
        }

        if (moved.IsDirectory && Holds(moved, to))
        {
            return Errno.EINVAL;
        }

        if (victim is null || victim == moved)
        {
            return Errno.None;
        }

        if (victim.IsDirectory && Holds(victim, from))
        {
            return exchange ? Errno.EINVAL : Errno.ENOTEMPTY;
        }

        return exchange ? Errno.None
            : moved.IsDirectory && !victim.IsDirectory ? Errno.ENOTDIR
            : !moved.IsDirectory && victim.IsDirectory ? Errno.EISDIR
            : victim.Entries.Count > 0 ? Errno.ENOTEMPTY
            : Errno.None;
    }

    private static bool Holds(ModelInode directory, ModelInode searched) =>
        directory == searched || directory.Entries.Values.Any(entry => entry.Inode.IsDirectory && Holds(entry.Inode, searched));

    private Errno Directory(ulong id, string name, out ModelInode directory)
    {
        if (!Inodes.TryGetValue(id, out directory!))
        {
            return Errno.ENOENT;
        }

        return !directory.IsDirectory ? Errno.ENOTDIR
            : name.Length > Limits.NameMax ? Errno.ENAMETOOLONG
            : id == 1 && name == ".kafkafs" ? Errno.EPERM
            : Errno.None;
    }

    private void Put(ModelInode parent, string name, ModelInode inode, long now)
    {
        parent.Entries[name] = (inode, ++LastCookie);
        (parent.Mtime, parent.Ctime) = (now, now);
    }

    private void Drop(ModelInode parent, string name, long now)
    {
        ModelInode inode = parent.Entries[name].Inode;
        parent.Entries.Remove(name);
        (parent.Mtime, parent.Ctime, inode.Ctime) = (now, now, now);
        if (LinksOf(inode) == 0)
        {
            Inodes.Remove(inode.Id);
        }
    }

    private static bool IsName(string name) => name.Length > 0 && !name.Contains('/') && !name.Contains('\0') && name is not ("." or "..");
}
