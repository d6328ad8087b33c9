using KafkaFs.Journal.Codec;
using KafkaFs.Posix;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.Simulation.Model;

/// <summary>Content, attributes and extended attributes.</summary>
internal sealed partial class NaiveFilesystem
{
    private const string Capability = "security.capability";

    private Outcome SetAttr(in Change change, long now)
    {
        const ChangeFlags known = ChangeFlags.KillSuidGid | ChangeFlags.AtimeNow | ChangeFlags.MtimeNow;
        bool atimeNow = (change.Flags & ChangeFlags.AtimeNow) != 0, mtimeNow = (change.Flags & ChangeFlags.MtimeNow) != 0;
        if ((change.Flags & ~known) != 0 || (change.HasMode && change.Mode > 0xfff) || (change.HasUid && change.Uid == uint.MaxValue)
            || (change.HasGid && change.Gid == uint.MaxValue) || (atimeNow && change.HasAtime) || (mtimeNow && change.HasMtime))
        {
            return Outcome.IsVoid(VoidReason.Malformed);
        }

        if (!Inodes.TryGetValue(change.Inode.Value, out ModelInode? inode))
        {
            return Missing(change.Inode);
        }

        if (change.HasMode && inode.Type == InodeType.Symlink)
        {
            return Outcome.Failed(Errno.EOPNOTSUPP);
        }

        (inode.Uid, inode.Gid) = (change.HasUid ? change.Uid : inode.Uid, change.HasGid ? change.Gid : inode.Gid);
        if ((change.Flags & ChangeFlags.KillSuidGid) != 0 && inode.Type != InodeType.Directory)
        {
            Kill(inode);
        }

        if (change.HasUid || change.HasGid)
        {
            inode.Xattrs.Remove(Capability);
        }

        inode.Mode = change.HasMode ? change.Mode : inode.Mode;
        inode.Atime = atimeNow ? now : change.HasAtime ? Clamp(change.AtimeNs) : inode.Atime;
        inode.Mtime = mtimeNow ? now : change.HasMtime ? Clamp(change.MtimeNs) : inode.Mtime;
        inode.Ctime = now;
        return Outcome.Success;
    }

    private static void Kill(ModelInode inode)
    {
        inode.Mode &= ~0x800u;
        inode.Mode &= (inode.Mode & 8) != 0 ? ~0x400u : ~0u;
    }

    private Outcome ChangeXattr(in Change change, long now)
    {
        string name = Text(change.Name), value = Text(change.Data);
        bool set = change.Kind == ChangeKind.SetXattr;
        const ChangeFlags known = ChangeFlags.XattrCreate | ChangeFlags.XattrReplace;
        if (name.Length == 0 || name.Contains('\0') || (set && (change.Flags & ~known) != 0))
        {
            return Outcome.IsVoid(VoidReason.Malformed);
        }

        if (!Inodes.TryGetValue(change.Inode.Value, out ModelInode? inode))
        {
            return Missing(change.Inode);
        }

        Errno errno = set ? CheckXattr(inode, name, value, change.Flags) : inode.Xattrs.ContainsKey(name) ? Errno.None : Errno.ENODATA;
        if (errno != Errno.None)
        {
            return Outcome.Failed(errno);
        }

        if (set)
        {
            inode.Xattrs[name] = value;
        }
        else
        {
            inode.Xattrs.Remove(name);
        }

        inode.Ctime = now;
        return Outcome.Success;
    }

    private Errno CheckXattr(ModelInode inode, string name, string value, ChangeFlags flags)
    {
        if (name.Length > Limits.XattrNameMax)
        {
            return Errno.ERANGE;
        }

        bool user = name.StartsWith("user.", StringComparison.Ordinal) && name.Length > 5;
        bool trusted = name.StartsWith("trusted.", StringComparison.Ordinal) && name.Length > 8;
        bool capability = name == Capability && inode.Type == InodeType.RegularFile;
        Errno errno = user ? (inode.Type is InodeType.RegularFile or InodeType.Directory ? Errno.None : Errno.EPERM)
            : trusted ? (inode.Type == InodeType.Symlink ? Errno.EOPNOTSUPP : Errno.None)
            : capability ? (IsCapability(value) ? Errno.None : Errno.EINVAL)
            : Errno.EOPNOTSUPP;
        if (errno != Errno.None)
        {
            return errno;
        }

        bool exists = inode.Xattrs.ContainsKey(name);
        if ((exists && (flags & ChangeFlags.XattrCreate) != 0) || (!exists && (flags & ChangeFlags.XattrReplace) != 0))
        {
            return exists ? Errno.EEXIST : Errno.ENODATA;
        }

        long total = inode.Xattrs.Where(pair => pair.Key != name).Sum(pair => pair.Key.Length + pair.Value.Length + 32L) + name.Length + value.Length + 32;
        return value.Length > Limits.XattrValueMax || total > Limits.XattrTotalMax ? Errno.ENOSPC : Errno.None;
    }

    // 01/00 00 00 02, then 16 bytes; or 01/00 00 00 03, then 16 bytes and a user that is neither all zeroes nor all ones.
    private static bool IsCapability(string value) =>
        value.Length is 20 or 24 && value[0] is '\0' or '\u0001' && value[1..3] == "\0\0" && value[3] == (value.Length == 20 ? 2 : 3)
        && value[20..] is not ("\0\0\0\0" or "\u00ff\u00ff\u00ff\u00ff");

    private Outcome ChangeContent(in Change change, long now)
    {
        ChangeFlags known = ChangeFlags.KillSuidGid | (change.Kind == ChangeKind.Write ? ChangeFlags.Append : 0);
        if ((change.Flags & ~known) != 0 || (change.Kind == ChangeKind.Write && change.Data.IsEmpty) || (change.Kind == ChangeKind.Allocate && change.Length == 0))
        {
            return Outcome.IsVoid(VoidReason.Malformed);
        }

        if (change.Kind == ChangeKind.Allocate && change.Mode is not (0 or 1 or 3 or 16 or 17))
        {
            return Outcome.Failed(Errno.EOPNOTSUPP);
        }

        if (!Inodes.TryGetValue(change.Inode.Value, out ModelInode? file))
        {
            return Missing(change.Inode);
        }

        if (file.Type != InodeType.RegularFile)
        {
            return Outcome.Failed(file.IsDirectory ? Errno.EISDIR : Errno.EINVAL);
        }

        UInt128 begin = change.Kind == ChangeKind.Write && (change.Flags & ChangeFlags.Append) != 0 ? file.Size : change.Offset;
        UInt128 end = change.Kind switch
        {
            ChangeKind.Write => begin + (uint)change.Data.Length,
            ChangeKind.Truncate => change.Size,
            _ => begin + change.Length,
        };
        if (end > Limits.FileSizeMax)
        {
            return Outcome.Failed(Errno.EFBIG);
        }

        Change(file, change, (ulong)begin, (ulong)end);
        if ((change.Flags & ChangeFlags.KillSuidGid) != 0)
        {
            Kill(file);
        }

        file.Xattrs.Remove(Capability);
        (file.Mtime, file.Ctime) = (now, now);
        return Outcome.Success;
    }

    // Only sizes of a few hundred bytes have content here; larger ones are sizes and zeroes.
    private static void Change(ModelInode file, in Change change, ulong begin, ulong end)
    {
        const int kept = 4_096;
        bool keepSize = change.Kind == ChangeKind.Allocate && (change.Mode & 1) != 0;
        file.Size = change.Kind == ChangeKind.Truncate ? end : keepSize ? file.Size : Math.Max(file.Size, end);
        byte[] content = file.Content;
        Array.Resize(ref content, (int)Math.Min(file.Size, kept));
        file.Content = content;
        if (change.Kind == ChangeKind.Write && begin < kept)
        {
            change.Data[..(int)Math.Min((ulong)change.Data.Length, kept - begin)].CopyTo(content.AsSpan((int)begin));
        }
        else if (change.Kind == ChangeKind.Allocate && change.Mode is 3 or 16 or 17 && begin < (ulong)content.Length)
        {
            content.AsSpan((int)begin, (int)(Math.Min(end, (ulong)content.Length) - begin)).Clear();
        }
    }
}
