using System.Buffers.Binary;
using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Posix;

namespace KafkaFs.Replica.Namespace;

/// <summary>Records that change attributes and extended attributes.</summary>
public sealed partial class Evaluation
{
    /// <summary>What an xattr counts beside its name and value against the limit of all, bytes.</summary>
    public const int XattrOverheadBytes = 32;

    private static ReadOnlySpan<byte> CapabilityName => "security.capability"u8;

    private Outcome EvaluateSetAttr(in Change change, Effects effects)
    {
        const ChangeFlags known = ChangeFlags.KillSuidGid | ChangeFlags.AtimeNow | ChangeFlags.MtimeNow;
        bool twice = (change.HasAtime && (change.Flags & ChangeFlags.AtimeNow) != 0)
            || (change.HasMtime && (change.Flags & ChangeFlags.MtimeNow) != 0);
        if ((change.Flags & ~known) != 0 || twice || !IsMode(change.Mode)
            || (change.HasUid && !IsOwner(change.Uid)) || (change.HasGid && !IsOwner(change.Gid)))
        {
            return Outcome.IsVoid(VoidReason.Malformed);
        }

        if (!state.TryGetAttributes(change.Inode, out InodeAttributes inode))
        {
            return ExistedOnce(change.Inode) ? Outcome.Success : Outcome.Failed(Errno.ENOENT);
        }

        if (change.HasMode && inode.Type == InodeType.Symlink)
        {
            return Outcome.Failed(Errno.EOPNOTSUPP);
        }

        InodeAspects changed = SetOwner(change, ref inode) | SetMode(change, ref inode) | SetTimes(change, ref inode, effects.TimeNs);
        inode.CtimeNs = effects.TimeNs;
        (effects.Kind, effects.Inode) = (EffectKind.SetAttributes, change.Inode);
        effects.Update(change.Inode, inode, changed);
        return Outcome.Success;
    }

    private InodeAspects SetOwner(in Change change, ref InodeAttributes inode)
    {
        InodeAspects changed = InodeAspects.None;
        if (change.HasUid || change.HasGid)
        {
            inode.Uid = change.HasUid ? change.Uid : inode.Uid;
            inode.Gid = change.HasGid ? change.Gid : inode.Gid;
            changed = InodeAspects.Owner | DropCapability(change.Inode);
        }

        // chown(2) drops them from whatever is no directory (open.c, chown_common).
        if ((change.Flags & ChangeFlags.KillSuidGid) != 0 && inode.Type != InodeType.Directory)
        {
            changed |= KillSuidGid(ref inode);
        }

        return changed;
    }

    private static InodeAspects SetMode(in Change change, ref InodeAttributes inode)
    {
        if (!change.HasMode)
        {
            return InodeAspects.None;
        }

        inode.Mode = (ushort)change.Mode;
        return InodeAspects.Mode;
    }

    private InodeAspects SetTimes(in Change change, ref InodeAttributes inode, long now)
    {
        bool atimeNow = (change.Flags & ChangeFlags.AtimeNow) != 0;
        bool mtimeNow = (change.Flags & ChangeFlags.MtimeNow) != 0;
        if (atimeNow || change.HasAtime)
        {
            (inode.AtimeNs, inode.HasAtime) = (atimeNow ? now : ClampTime(change.AtimeNs), true);
        }

        if (mtimeNow || change.HasMtime)
        {
            inode.MtimeNs = mtimeNow ? now : ClampTime(change.MtimeNs);
        }

        return atimeNow || mtimeNow || change.HasAtime || change.HasMtime ? InodeAspects.Times : InodeAspects.None;
    }

    private Outcome EvaluateSetXattr(in Change change, Effects effects)
    {
        const ChangeFlags both = ChangeFlags.XattrCreate | ChangeFlags.XattrReplace;
        if ((change.Flags & ~both) != 0 || change.Name.IsEmpty || change.Name.Contains((byte)0))
        {
            return Outcome.IsVoid(VoidReason.Malformed);
        }

        if (!state.TryGetAttributes(change.Inode, out InodeAttributes inode))
        {
            return ExistedOnce(change.Inode) ? Outcome.Success : Outcome.Failed(Errno.ENOENT);
        }

        bool exists = state.TryGetXattr(change.Inode, change.Name, out ReadOnlySpan<byte> old);
        Errno errno = CheckXattr(change, inode, state.Limits, exists ? old.Length : null, state.GetXattrBytes(change.Inode));
        return errno != Errno.None ? Outcome.Failed(errno) : ChangeXattr(EffectKind.SetXattr, change, inode, effects);
    }

    private Outcome EvaluateRemoveXattr(in Change change, Effects effects)
    {
        if (change.Name.IsEmpty || change.Name.Contains((byte)0))
        {
            return Outcome.IsVoid(VoidReason.Malformed);
        }

        if (!state.TryGetAttributes(change.Inode, out InodeAttributes inode))
        {
            return ExistedOnce(change.Inode) ? Outcome.Success : Outcome.Failed(Errno.ENOENT);
        }

        return state.TryGetXattr(change.Inode, change.Name, out _)
            ? ChangeXattr(EffectKind.RemoveXattr, change, inode, effects)
            : Outcome.Failed(Errno.ENODATA);
    }

    private static Outcome ChangeXattr(EffectKind kind, in Change change, InodeAttributes inode, Effects effects)
    {
        inode.CtimeNs = effects.TimeNs;
        (effects.Kind, effects.Inode) = (kind, change.Inode);
        effects.Update(change.Inode, inode, InodeAspects.None);
        return Outcome.Success;
    }

    /// <summary>
    /// May a SetXattr take effect? <paramref name="oldLength"/> is the length of the value that it replaces, null if there is none;
    /// <paramref name="total"/> what all xattrs of the inode count until now.
    /// </summary>
    public static Errno CheckXattr(in Change change, in InodeAttributes inode, in Limits limits, int? oldLength, long total)
    {
        Errno errno = CheckXattrName(change, inode, limits);
        if (errno != Errno.None)
        {
            return errno;
        }

        if (oldLength is not null && (change.Flags & ChangeFlags.XattrCreate) != 0)
        {
            return Errno.EEXIST;
        }

        if (oldLength is null && (change.Flags & ChangeFlags.XattrReplace) != 0)
        {
            return Errno.ENODATA;
        }

        if (change.Data.Length > limits.XattrValueMax)
        {
            return Errno.ENOSPC;
        }

        total += change.Name.Length + change.Data.Length + XattrOverheadBytes;
        total -= oldLength is int old ? change.Name.Length + old + XattrOverheadBytes : 0;
        return total > limits.XattrTotalMax ? Errno.ENOSPC : Errno.None;
    }

    private static Errno CheckXattrName(in Change change, in InodeAttributes inode, in Limits limits)
    {
        if (change.Name.Length > limits.XattrNameMax)
        {
            return Errno.ERANGE;
        }

        if (change.Name.StartsWith("user."u8) && change.Name.Length > 5)
        {
            return inode.Type is InodeType.RegularFile or InodeType.Directory ? Errno.None : Errno.EPERM;
        }

        if (change.Name.StartsWith("trusted."u8) && change.Name.Length > 8)
        {
            return inode.Type == InodeType.Symlink ? Errno.EOPNOTSUPP : Errno.None;
        }

        return !change.Name.SequenceEqual(CapabilityName) || inode.Type != InodeType.RegularFile ? Errno.EOPNOTSUPP
            : IsCapability(change.Data) ? Errno.None
            : Errno.EINVAL;
    }

    // struct vfs_cap_data of linux/capability.h, as Linux accepts it (cap_convert_nscap): revision 2 (20 bytes), or 3 (24 bytes) with
    // the user whose namespace it is for. For user 0 Linux reads revision 3 back as 2, so it has only that form here.
    private static bool IsCapability(ReadOnlySpan<byte> value)
    {
        const uint effective = 1, revision2 = 0x02000000, revision3 = 0x03000000;
        uint revision = value.Length < sizeof(uint) ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(value) & ~effective;
        return value.Length switch
        {
            20 => revision == revision2,
            24 => revision == revision3 && BinaryPrimitives.ReadUInt32LittleEndian(value[20..]) is not (0 or uint.MaxValue),
            _ => false,
        };
    }
}
