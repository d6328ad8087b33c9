using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Posix;

namespace KafkaFs.Replica.Namespace;

/// <summary>Records that change the content of regular files.</summary>
public sealed partial class Evaluation
{
    private const uint AllocateKeepSize = 1;
    private const uint AllocatePunchHole = 2;
    private const uint AllocateZeroRange = 16;

    private Outcome EvaluateWrite(in Change change, Effects effects)
    {
        if (change.Data.IsEmpty || (change.Flags & ~(ChangeFlags.Append | ChangeFlags.KillSuidGid)) != 0)
        {
            return Outcome.IsVoid(VoidReason.Malformed);
        }

        if (!TryGetFile(change.Inode, out InodeAttributes file, out Outcome outcome))
        {
            return outcome;
        }

        ulong offset = (change.Flags & ChangeFlags.Append) != 0 ? file.Size : change.Offset;
        ulong end = offset + (ulong)change.Data.Length;
        if (end < offset || end > state.Limits.FileSizeMax)
        {
            return Outcome.Failed(Errno.EFBIG);
        }

        effects.Offset = offset;
        file.Size = Math.Max(file.Size, end);
        return ChangeContent(EffectKind.Write, change, file, effects);
    }

    private Outcome EvaluateTruncate(in Change change, Effects effects)
    {
        if ((change.Flags & ~ChangeFlags.KillSuidGid) != 0)
        {
            return Outcome.IsVoid(VoidReason.Malformed);
        }

        if (!TryGetFile(change.Inode, out InodeAttributes file, out Outcome outcome))
        {
            return outcome;
        }

        if (change.Size > state.Limits.FileSizeMax)
        {
            return Outcome.Failed(Errno.EFBIG);
        }

        file.Size = change.Size;
        return ChangeContent(EffectKind.Truncate, change, file, effects);
    }

    private Outcome EvaluateAllocate(in Change change, Effects effects)
    {
        if ((change.Flags & ~ChangeFlags.KillSuidGid) != 0 || change.Length == 0)
        {
            return Outcome.IsVoid(VoidReason.Malformed);
        }

        if (change.Mode is not (0 or AllocateKeepSize or (AllocateKeepSize | AllocatePunchHole) or AllocateZeroRange
            or (AllocateKeepSize | AllocateZeroRange)))
        {
            return Outcome.Failed(Errno.EOPNOTSUPP);
        }

        if (!TryGetFile(change.Inode, out InodeAttributes file, out Outcome outcome))
        {
            return outcome;
        }

        ulong end = change.Offset + change.Length;
        if (end < change.Offset || end > state.Limits.FileSizeMax)
        {
            return Outcome.Failed(Errno.EFBIG);
        }

        effects.Offset = change.Offset;
        if ((change.Mode & AllocateKeepSize) == 0)
        {
            file.Size = Math.Max(file.Size, end);
        }

        return ChangeContent(EffectKind.Allocate, change, file, effects);
    }

    private Outcome ChangeContent(EffectKind kind, in Change change, InodeAttributes file, Effects effects)
    {
        InodeAspects changed = InodeAspects.Times | InodeAspects.Size | DropCapability(change.Inode);
        if ((change.Flags & ChangeFlags.KillSuidGid) != 0)
        {
            changed |= KillSuidGid(ref file);
        }

        (file.MtimeNs, file.CtimeNs) = (effects.TimeNs, effects.TimeNs);
        (effects.Kind, effects.Inode) = (kind, change.Inode);
        effects.Update(change.Inode, file, changed);
        return Outcome.Success;
    }

    /// <summary>sgid without group execution marks mandatory locking and stays (inode.c, setattr_should_drop_sgid).</summary>
    public static ushort WithoutSuidGid(ushort mode)
    {
        const int suid = 0x800, sgid = 0x400, groupExecute = 0x8;
        return (ushort)(mode & ~((mode & groupExecute) != 0 ? suid | sgid : suid));
    }

    // Against the mode at this moment: a final mode in the record would undo another master's chmod.
    private static InodeAspects KillSuidGid(ref InodeAttributes file)
    {
        ushort kept = WithoutSuidGid(file.Mode);
        InodeAspects changed = kept != file.Mode ? InodeAspects.Mode : InodeAspects.None;
        file.Mode = kept;
        return changed;
    }

    // Linux removes it from every file that is written, resized or given away, whoever does it (file_remove_privs, ATTR_KILL_PRIV): a
    // tree loses it, so the namespace must not keep it.
    private InodeAspects DropCapability(FileId inode) =>
        state.TryGetXattr(inode, CapabilityName, out _) ? InodeAspects.Capability : InodeAspects.None;

    private bool TryGetFile(FileId inode, out InodeAttributes file, out Outcome outcome)
    {
        if (!state.TryGetAttributes(inode, out file))
        {
            outcome = ExistedOnce(inode) ? Outcome.Success : Outcome.Failed(Errno.ENOENT);
            return false;
        }

        outcome = file.Type == InodeType.RegularFile ? Outcome.Success
            : Outcome.Failed(file.IsDirectory ? Errno.EISDIR : Errno.EINVAL);
        return file.Type == InodeType.RegularFile;
    }
}
