using System.Globalization;
using System.Text;
using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.Replica.Tree;

/// <summary>Effects on names.</summary>
public sealed partial class DataTree
{
    private FileId _justMade;

    private static bool IsSafe(ReadOnlySpan<byte> name, FileId directory) =>
        name.Length is >= 1 and <= NativeLimits.NameBytes
        && name.IndexOfAny((byte)'/', (byte)0) < 0
        && !name.SequenceEqual("."u8)
        && !name.SequenceEqual(".."u8)
        && !(directory == FileId.Root && name.SequenceEqual(".kafkafs"u8));

    // Evaluation has checked the names; a tree must not depend on it.
    private static void RequireSafe(ReadOnlySpan<byte> name, FileId directory)
    {
        if (!IsSafe(name, directory))
        {
            throw new InvalidOperationException($"An effect names '{Encoding.UTF8.GetString(name)}' in {directory}, which no tree may hold.");
        }
    }

    private Errno ReachDirectory(FileId directory, ReadOnlySpan<byte> name, IInodeSource inodes, out DescriptorLease lease)
    {
        RequireSafe(name, directory);
        return Failed(Reach(directory, inodes, out lease), "open the directory");
    }

    private Errno Make(in Change change, Effects effects, IInodeSource inodes)
    {
        Errno errno = ReachDirectory(effects.Parent, change.Name, inodes, out DescriptorLease parent);
        if (errno != Errno.None)
        {
            return errno;
        }

        using (parent)
        {
            effects.TryGetUpdate(effects.Inode, out InodeUpdate update);
            errno = MakeObject(change, update.After, parent.Fd, out SafeFd made);
            if (errno == Errno.EEXIST)
            {
                errno = ClearWay(parent.Fd, change.Name, ours: _halfMade == effects.Inode);
                errno = errno != Errno.None ? errno : MakeObject(change, update.After, parent.Fd, out made);
            }

            if (errno != Errno.None)
            {
                return Failed(errno, "create");
            }

            _halfMade = effects.Inode;
            errno = Shape(made, update.After, InodeAspects.Owner | InodeAspects.Mode);
            if (errno != Errno.None)
            {
                made.Dispose();
                return errno;
            }

            Keep(effects, update.After.Type, made);
            return Errno.None;
        }
    }

    private void Keep(Effects effects, InodeType type, SafeFd made)
    {
        Span<byte> identity = stackalloc byte[Effects.MaxIdentityBytes];
        effects.SetIdentity(identity[..ObjectIdentity.Write(made, identity)]);
        _justMade = effects.Inode;
        _cache.Remove(effects.Inode);
        if (type == InodeType.RegularFile)
        {
            KeepWriter(effects.Inode, made);
        }
        else
        {
            _cache.Add(effects.Inode, made).Dispose();
        }
    }

    private Errno MakeObject(in Change change, in InodeAttributes attributes, SafeFd parent, out SafeFd made)
    {
        const uint ownerReadWrite = 0x180, ownerAll = 0x1c0;
        Errno errno;
        switch (attributes.Type)
        {
            case InodeType.RegularFile:
                return FileCalls.Open(
                    parent, change.Name, OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.ReadWrite | OpenFlags.NoFollow, ownerReadWrite, out made);
            case InodeType.Directory:
                errno = FileCalls.MakeDirectory(parent, change.Name, ownerAll);
                break;
            case InodeType.Symlink:
                errno = MakeSymlink(change, parent);
                break;
            case InodeType.CharacterDevice or InodeType.BlockDevice when ProjectedAttributes.Type(_ownership, attributes) == InodeType.RegularFile:
                errno = FileCalls.MakeNode(parent, change.Name, ((uint)InodeType.RegularFile << 12) | ownerReadWrite, 0);
                break;
            default:
                errno = FileCalls.MakeNode(parent, change.Name, ((uint)attributes.Type << 12) | ownerReadWrite, attributes.Rdev);
                break;
        }

        made = new SafeFd();
        return errno != Errno.None
            ? errno
            : FileCalls.Open(parent, change.Name, OpenFlags.PathOnly | OpenFlags.NoFollow, 0, out made);
    }

    // xfs holds 1,023 bytes of target: a dangling link stands for a longer one, which stays in the namespace.
    private static Errno MakeSymlink(in Change change, SafeFd parent)
    {
        Errno errno = FileCalls.MakeSymlink(change.Data, parent, change.Name);
        return errno == Errno.ENAMETOOLONG
            ? FileCalls.MakeSymlink(ProjectedAttributes.LongTarget(change.Inode), parent, change.Name)
            : errno;
    }

    // What stands at a name that must be free: our own half-made object of a refused attempt, or a stranger, which is kept.
    private Errno ClearWay(SafeFd parent, ReadOnlySpan<byte> name, bool ours)
    {
        if (ours)
        {
            Errno errno = FileCalls.Unlink(parent, name);
            return errno == Errno.EISDIR ? FileCalls.RemoveDirectory(parent, name) : errno;
        }

        Span<byte> place = stackalloc byte[32];
        Errno moved;
        do
        {
            (++_strangers).TryFormat(place, out int length, default, CultureInfo.InvariantCulture);
            moved = FileCalls.Rename(parent, name, _foreign, place[..length], flags: 1);
        }
        while (moved == Errno.EEXIST);
        return Failed(moved, "move a foreign object away");
    }

    private Errno Link(in Change change, Effects effects, IInodeSource inodes)
    {
        Errno errno = ReachDirectory(effects.Parent, change.Name, inodes, out DescriptorLease parent);
        if (errno != Errno.None)
        {
            return errno;
        }

        using (parent)
        {
            errno = Failed(Reach(effects.Inode, inodes, out DescriptorLease linked), "open");
            if (errno != Errno.None)
            {
                return errno;
            }

            using (linked)
            {
                errno = FileCalls.LinkDescriptor(linked.Fd, parent.Fd, change.Name);
                if (errno == Errno.EEXIST && !IsAt(parent.Fd, change.Name, effects.Inode, inodes))
                {
                    errno = ClearWay(parent.Fd, change.Name, ours: false);
                    errno = errno != Errno.None ? errno : FileCalls.LinkDescriptor(linked.Fd, parent.Fd, change.Name);
                }

                return errno == Errno.EEXIST ? Errno.None : Failed(errno, "link");
            }
        }
    }

    private Errno Remove(in Change change, Effects effects, IInodeSource inodes)
    {
        Errno errno = ReachDirectory(effects.Parent, change.Name, inodes, out DescriptorLease parent);
        if (errno != Errno.None)
        {
            return errno;
        }

        using (parent)
        {
            if (change.Kind == ChangeKind.Unlink)
            {
                errno = FileCalls.Unlink(parent.Fd, change.Name);
            }
            else
            {
                errno = FileCalls.RemoveDirectory(parent.Fd, change.Name);
                if (errno == Errno.ENOTEMPTY)
                {
                    errno = Evacuate(parent.Fd, change.Name);
                    errno = errno != Errno.None ? errno : FileCalls.RemoveDirectory(parent.Fd, change.Name);
                }
            }

            // The goal is met already: a repetition, or somebody's hand.
            return errno == Errno.ENOENT ? Errno.None : Failed(errno, "remove");
        }
    }

    private Errno Move(in Change change, Effects effects, IInodeSource inodes)
    {
        Errno errno = ReachDirectory(effects.Parent, change.Name, inodes, out DescriptorLease from);
        if (errno != Errno.None)
        {
            return errno;
        }

        using (from)
        {
            errno = ReachDirectory(effects.NewParent, change.NewName, inodes, out DescriptorLease to);
            if (errno != Errno.None)
            {
                return errno;
            }

            using (to)
            {
                errno = FileCalls.Rename(from.Fd, change.Name, to.Fd, change.NewName, 0);
                if (errno is Errno.ENOTEMPTY or Errno.EEXIST)
                {
                    errno = Evacuate(to.Fd, change.NewName);
                    errno = errno != Errno.None ? errno : FileCalls.Rename(from.Fd, change.Name, to.Fd, change.NewName, 0);
                }

                return errno == Errno.ENOENT && IsAt(to.Fd, change.NewName, effects.Inode, inodes) ? Errno.None : Failed(errno, "rename");
            }
        }
    }

    private Errno Exchange(in Change change, Effects effects, IInodeSource inodes)
    {
        const uint exchange = 2;
        Errno errno = ReachDirectory(effects.Parent, change.Name, inodes, out DescriptorLease first);
        if (errno != Errno.None)
        {
            return errno;
        }

        using (first)
        {
            errno = ReachDirectory(effects.NewParent, change.NewName, inodes, out DescriptorLease second);
            if (errno != Errno.None)
            {
                return errno;
            }

            using (second)
            {
                return IsAt(first.Fd, change.Name, effects.Displaced, inodes)
                    ? Errno.None
                    : Failed(FileCalls.Rename(first.Fd, change.Name, second.Fd, change.NewName, exchange), "exchange");
            }
        }
    }

    // The namespace says that the directory is empty: what is in it came by another hand, and is kept.
    private Errno Evacuate(SafeFd parent, ReadOnlySpan<byte> name)
    {
        Errno errno = FileCalls.Open(parent, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, 0, out SafeFd directory);
        if (errno != Errno.None)
        {
            return Failed(errno, "open");
        }

        using (directory)
        {
            List<byte[]> strangers = [];
            DirectoryReader reader = new(directory);
            while (reader.TryRead(out errno))
            {
                strangers.Add(reader.Name.ToArray());
            }

            foreach (byte[] stranger in strangers)
            {
                errno = errno != Errno.None ? errno : ClearWay(directory, stranger, ours: false);
            }

            return errno;
        }
    }
}
