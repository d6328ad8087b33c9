using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Posix;

namespace KafkaFs.Replica.Namespace;

/// <summary>Records that change names. Errors come in the order in which local filesystems find them.</summary>
public sealed partial class Evaluation
{
    private static ReadOnlySpan<byte> ReservedName => ".kafkafs"u8;

    private Outcome EvaluateMake(in Change change, Effects effects)
    {
        InodeType type = change.Kind switch
        {
            ChangeKind.Create => InodeType.RegularFile,
            ChangeKind.Mkdir => InodeType.Directory,
            ChangeKind.Symlink => InodeType.Symlink,
            _ => (InodeType)change.Type,
        };
        if (!IsName(change.Name) || !IsMode(change.Mode) || !IsOwner(change.Uid) || !IsOwner(change.Gid) || !IsMakeable(change))
        {
            return Outcome.IsVoid(VoidReason.Malformed);
        }

        bool isDevice = type is InodeType.CharacterDevice or InodeType.BlockDevice;
        Errno errno = CheckNewName(change.Parent, change.Name);
        errno = errno == Errno.None && isDevice && !IsDeviceNumber(change.Rdev) ? Errno.EINVAL : errno;
        if (errno != Errno.None)
        {
            return Outcome.Failed(errno);
        }

        InodeAttributes made = NewAttributes(type, change, effects.TimeNs);
        if (type == InodeType.Symlink)
        {
            (made.Mode, made.Size) = (0x1ff, (ulong)change.Data.Length);
        }
        else if (isDevice)
        {
            made.Rdev = change.Rdev;
        }

        (effects.Kind, effects.Inode, effects.Parent) = (EffectKind.Make, change.Inode, change.Parent);
        effects.Update(change.Inode, made, InodeAspects.Mode | InodeAspects.Owner | InodeAspects.Times);
        CountEntry(change.Parent, made.IsDirectory, 1, effects);
        return Outcome.Success;
    }

    private static bool IsMakeable(in Change change) => change.Kind switch
    {
        ChangeKind.Mknod => change.Type is 1 or 2 or 6 or 12,
        ChangeKind.Symlink => change.Data.Length is >= 1 and <= 4_095 && !change.Data.Contains((byte)0),
        _ => true,
    };

    // What every tree holds: xfs takes no larger ones, and fails with EINVAL. In new_encode_dev's layout the minor number has the bits 0
    // to 7 and 20 to 31, the major one 8 to 19.
    private static bool IsDeviceNumber(uint rdev)
    {
        const uint majorMax = 511, minorMax = (1 << 18) - 1;
        uint major = (rdev >> 8) & 0xfff, minor = (rdev & 0xff) | ((rdev >> 12) & 0xfff00);
        return major <= majorMax && minor <= minorMax;
    }

    private Outcome EvaluateLink(in Change change, Effects effects)
    {
        if (!IsName(change.Name))
        {
            return Outcome.IsVoid(VoidReason.Malformed);
        }

        if (!state.TryGetAttributes(change.Inode, out InodeAttributes linked))
        {
            return Outcome.Failed(Errno.ENOENT);
        }

        Errno errno = CheckNewName(change.Parent, change.Name);
        errno = errno != Errno.None ? errno
            : linked.IsDirectory ? Errno.EPERM
            : linked.Links >= state.Limits.LinkMax ? Errno.EMLINK
            : Errno.None;
        if (errno != Errno.None)
        {
            return Outcome.Failed(errno);
        }

        (effects.Kind, effects.Inode, effects.Parent) = (EffectKind.Link, change.Inode, change.Parent);
        linked.Links++;
        linked.CtimeNs = effects.TimeNs;
        effects.Update(change.Inode, linked, InodeAspects.None);
        CountEntry(change.Parent, isDirectory: false, 1, effects);
        return Outcome.Success;
    }

    private Outcome EvaluateRemove(in Change change, Effects effects)
    {
        if (!IsName(change.Name))
        {
            return Outcome.IsVoid(VoidReason.Malformed);
        }

        Errno errno = CheckOldName(change.Parent, change.Name, out FileId inode, out InodeAttributes removed);
        if (errno == Errno.None && change.Kind == ChangeKind.Unlink)
        {
            errno = removed.IsDirectory ? Errno.EISDIR : Errno.None;
        }
        else if (errno == Errno.None)
        {
            errno = !removed.IsDirectory ? Errno.ENOTDIR : removed.Entries > 0 ? Errno.ENOTEMPTY : Errno.None;
        }

        if (errno != Errno.None)
        {
            return Outcome.Failed(errno);
        }

        (effects.Kind, effects.Inode, effects.Parent) = (EffectKind.Remove, inode, change.Parent);
        LoseName(inode, effects);
        CountEntry(change.Parent, removed.IsDirectory, -1, effects);
        return Outcome.Success;
    }

    private Outcome EvaluateRename(in Change change, Effects effects)
    {
        const ChangeFlags both = ChangeFlags.RenameNoReplace | ChangeFlags.RenameExchange;
        if (!IsName(change.Name) || !IsName(change.NewName) || (change.Flags & ~both) != 0 || change.Flags == both)
        {
            return Outcome.IsVoid(VoidReason.Malformed);
        }

        Errno errno = CheckRename(change, out FileId source, out InodeAttributes moved, out FileId target, out InodeAttributes displaced);
        if (errno != Errno.None)
        {
            return Outcome.Failed(errno);
        }

        // Two names of one inode: rename(2) does nothing and succeeds.
        if (source == target)
        {
            return Outcome.Success;
        }

        (effects.Inode, effects.Parent, effects.NewParent, effects.Displaced) = (source, change.Parent, change.NewParent, target);
        moved.CtimeNs = effects.TimeNs;
        effects.Update(source, moved, InodeAspects.None);
        CountEntry(change.Parent, moved.IsDirectory, -1, effects);
        if ((change.Flags & ChangeFlags.RenameExchange) != 0)
        {
            effects.Kind = EffectKind.Exchange;
            displaced.CtimeNs = effects.TimeNs;
            effects.Update(target, displaced, InodeAspects.None);
            CountEntry(change.Parent, displaced.IsDirectory, 1, effects);
        }
        else
        {
            effects.Kind = EffectKind.Move;
            if (!target.IsNone)
            {
                LoseName(target, effects);
            }
        }

        if (!target.IsNone)
        {
            CountEntry(change.NewParent, displaced.IsDirectory, -1, effects);
        }

        CountEntry(change.NewParent, moved.IsDirectory, 1, effects);
        return Outcome.Success;
    }

    private Errno CheckRename(
        in Change change, out FileId source, out InodeAttributes moved, out FileId target, out InodeAttributes displaced)
    {
        (target, displaced) = (FileId.None, default);
        Errno errno = CheckOldName(change.Parent, change.Name, out source, out moved);
        errno = errno != Errno.None ? errno : CheckDirectory(change.NewParent, change.NewName);
        if (errno != Errno.None)
        {
            return errno;
        }

        bool exchange = (change.Flags & ChangeFlags.RenameExchange) != 0;
        target = state.Lookup(change.NewParent, change.NewName);
        if (!target.IsNone && (change.Flags & ChangeFlags.RenameNoReplace) != 0)
        {
            return Errno.EEXIST;
        }

        if (target.IsNone && exchange)
        {
            return Errno.ENOENT;
        }

        if (moved.IsDirectory && IsWithin(change.NewParent, source))
        {
            return Errno.EINVAL;
        }

        if (target.IsNone || target == source)
        {
            return Errno.None;
        }

        state.TryGetAttributes(target, out displaced);
        if (displaced.IsDirectory && IsWithin(change.Parent, target))
        {
            return exchange ? Errno.EINVAL : Errno.ENOTEMPTY;
        }

        return exchange ? Errno.None : CheckReplace(moved, displaced);
    }

    private static Errno CheckReplace(in InodeAttributes moved, in InodeAttributes displaced)
    {
        if (moved.IsDirectory != displaced.IsDirectory)
        {
            return moved.IsDirectory ? Errno.ENOTDIR : Errno.EISDIR;
        }

        return displaced.IsDirectory && displaced.Entries > 0 ? Errno.ENOTEMPTY : Errno.None;
    }

    // The loop check: is `directory` the inode `ancestor`, or below it?
    private bool IsWithin(FileId directory, FileId ancestor)
    {
        FileId current = directory;
        while (current != ancestor)
        {
            if (!state.TryGetName(current, out current, out _))
            {
                return false;
            }
        }

        return true;
    }

    private void LoseName(FileId inode, Effects effects)
    {
        InodeAttributes attributes = Current(inode, effects);
        attributes.Links--;
        attributes.CtimeNs = effects.TimeNs;
        effects.Update(inode, attributes, InodeAspects.None);
        if (attributes.Links == 0)
        {
            effects.Dying = inode;
        }
    }

    private void CountEntry(FileId directory, bool isDirectory, int by, Effects effects)
    {
        InodeAttributes attributes = Current(directory, effects);
        attributes.Entries = (uint)(attributes.Entries + by);
        attributes.Subdirectories = (uint)(attributes.Subdirectories + (isDirectory ? by : 0));
        (attributes.MtimeNs, attributes.CtimeNs) = (effects.TimeNs, effects.TimeNs);
        effects.Update(directory, attributes, InodeAspects.Times);
    }

    private Errno CheckDirectory(FileId directory, ReadOnlySpan<byte> name)
    {
        if (!state.TryGetAttributes(directory, out InodeAttributes parent))
        {
            return Errno.ENOENT;
        }

        return !parent.IsDirectory ? Errno.ENOTDIR
            : name.Length > state.Limits.NameMax ? Errno.ENAMETOOLONG
            : directory == FileId.Root && name.SequenceEqual(ReservedName) ? Errno.EPERM
            : Errno.None;
    }

    private Errno CheckNewName(FileId directory, ReadOnlySpan<byte> name)
    {
        Errno errno = CheckDirectory(directory, name);
        return errno != Errno.None ? errno : state.Lookup(directory, name).IsNone ? Errno.None : Errno.EEXIST;
    }

    private Errno CheckOldName(FileId directory, ReadOnlySpan<byte> name, out FileId inode, out InodeAttributes attributes)
    {
        (inode, attributes) = (FileId.None, default);
        Errno errno = CheckDirectory(directory, name);
        if (errno == Errno.None)
        {
            inode = state.Lookup(directory, name);
            errno = state.TryGetAttributes(inode, out attributes) ? Errno.None : Errno.ENOENT;
        }

        return errno;
    }

    private static bool IsName(ReadOnlySpan<byte> name) =>
        !name.IsEmpty && name.IndexOfAny((byte)'/', (byte)0) < 0 && !name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8);
}
