using System.Text;
using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Posix;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.Replica.Tree;

/// <summary>Effects on names of objects that exist. Only what has the identity of the namespace's inode is removed or replaced.</summary>
public sealed partial class DataTree
{
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

    private Errno Link(in Change change, Effects effects, IInodeSource inodes)
    {
        Errno errno = ReachDirectory(effects.Parent, change.Name, inodes, out DescriptorLease parent);
        if (errno != Errno.None)
        {
            return errno;
        }

        using (parent)
        {
            errno = Failed(ReachOwn(effects.Inode, inodes, out DescriptorLease linked), "open");
            if (errno != Errno.None)
            {
                return errno;
            }

            using (linked)
            {
                errno = _calls.Link(linked.Fd, parent.Fd, change.Name);
                if (errno != Errno.EEXIST)
                {
                    return Failed(errno, "link");
                }

                errno = LookAt(parent.Fd, change.Name, effects.Inode, inodes, out Occupant occupant);
                if (errno != Errno.None || occupant == Occupant.Expected)
                {
                    GoalsMet += errno == Errno.None ? 1 : 0;
                    return errno;
                }

                errno = ClearWay(parent.Fd, change.Name);
                return errno != Errno.None ? errno : Failed(_calls.Link(linked.Fd, parent.Fd, change.Name), "link");
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
            errno = LookAt(parent.Fd, change.Name, effects.Inode, inodes, out Occupant occupant);
            if (errno != Errno.None || occupant == Occupant.Nothing)
            {
                // The goal is met already: a repetition, or somebody's hand.
                GoalsMet += errno == Errno.None ? 1 : 0;
                return errno;
            }

            errno = occupant == Occupant.Stranger ? ClearWay(parent.Fd, change.Name)
                : change.Kind == ChangeKind.Unlink ? _calls.Unlink(parent.Fd, change.Name)
                : RemoveDirectory(parent.Fd, change.Name);
            return errno == Errno.ENOENT ? Errno.None : Failed(errno, "remove");
        }
    }

    private Errno RemoveDirectory(SafeFd parent, ReadOnlySpan<byte> name)
    {
        Errno errno = _calls.RemoveDirectory(parent, name);
        if (errno is Errno.ENOTEMPTY or Errno.EEXIST)
        {
            errno = Evacuate(parent, name);
            errno = errno != Errno.None ? errno : _calls.RemoveDirectory(parent, name);
        }

        return errno;
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
                errno = LookAt(from.Fd, change.Name, effects.Inode, inodes, out Occupant source);
                return errno != Errno.None ? errno
                    : source == Occupant.Expected ? Failed(MoveOurs(change, effects, from.Fd, to.Fd, inodes), "rename")
                    : FinishMove(change, effects, from.Fd, to.Fd, source, inodes);
            }
        }
    }

    private Errno MoveOurs(in Change change, Effects effects, SafeFd from, SafeFd to, IInodeSource inodes)
    {
        Occupant target = Occupant.Nothing;
        Errno errno = effects.Displaced.IsNone ? Errno.None : LookAt(to, change.NewName, effects.Displaced, inodes, out target);
        if (errno == Errno.None && target == Occupant.Expected)
        {
            errno = _calls.Rename(from, change.Name, to, change.NewName, 0);
            if (errno is not (Errno.ENOTEMPTY or Errno.EEXIST))
            {
                return errno;
            }

            errno = Evacuate(to, change.NewName);
            return errno != Errno.None ? errno : _calls.Rename(from, change.Name, to, change.NewName, 0);
        }

        errno = errno != Errno.None ? errno : RenameToFreeName(from, change.Name, to, change.NewName);
        if (errno == Errno.EEXIST)
        {
            errno = ClearWay(to, change.NewName);
            errno = errno != Errno.None ? errno : RenameToFreeName(from, change.Name, to, change.NewName);
        }

        return errno;
    }

    // The object is not at its old name: either this is a repetition and it is at the new one, or it is missing.
    private Errno FinishMove(in Change change, Effects effects, SafeFd from, SafeFd to, Occupant source, IInodeSource inodes)
    {
        Errno errno = LookAt(to, change.NewName, effects.Inode, inodes, out Occupant target);
        if (errno == Errno.None && target != Occupant.Expected)
        {
            errno = source == Occupant.Nothing ? Errno.ENOENT : Errno.ESTALE;
        }

        GoalsMet += errno == Errno.None ? 1 : 0;

        return errno != Errno.None ? Failed(errno, "rename")
            : source == Occupant.Stranger ? ClearWay(from, change.Name)
            : Errno.None;
    }

    private Errno Exchange(in Change change, Effects effects, IInodeSource inodes)
    {
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
                return Failed(ExchangeOurs(change, effects, first.Fd, second.Fd, inodes), "exchange");
            }
        }
    }

    private Errno ExchangeOurs(in Change change, Effects effects, SafeFd first, SafeFd second, IInodeSource inodes)
    {
        const uint exchange = 2;
        Occupant other = Occupant.Nothing;
        Errno errno = LookAt(first, change.Name, effects.Inode, inodes, out Occupant one);
        errno = errno != Errno.None ? errno : LookAt(second, change.NewName, effects.Displaced, inodes, out other);
        if (errno != Errno.None)
        {
            return errno;
        }

        if (one == Occupant.Expected && other == Occupant.Expected)
        {
            return _calls.Rename(first, change.Name, second, change.NewName, exchange);
        }

        errno = LookAt(first, change.Name, effects.Displaced, inodes, out one);
        errno = errno != Errno.None ? errno : LookAt(second, change.NewName, effects.Inode, inodes, out other);
        bool isDone = one == Occupant.Expected && other == Occupant.Expected;
        GoalsMet += isDone ? 1 : 0;
        return errno != Errno.None || isDone ? errno : one == Occupant.Nothing || other == Occupant.Nothing ? Errno.ENOENT : Errno.ESTALE;
    }
}
