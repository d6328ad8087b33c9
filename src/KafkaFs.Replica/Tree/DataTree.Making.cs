using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.Replica.Tree;

/// <summary>New objects.</summary>
public sealed partial class DataTree
{
    // The inode whose object an attempt has created that was refused after that; its retry makes it again.
    private FileId _halfMade;
    private FileId _justMade;

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
            uint? mode = ModeToMakeWith(effects.Parent, update.After, inodes);
            errno = MakeObject(change, update.After, mode, parent.Fd, out SafeFd made);
            if (errno == Errno.EEXIST)
            {
                made.Dispose();
                errno = _halfMade == effects.Inode ? RemoveHalfMade(parent.Fd, change.Name, update.After.IsDirectory) : ClearWay(parent.Fd, change.Name);
                errno = errno != Errno.None ? errno : MakeObject(change, update.After, mode, parent.Fd, out made);
            }

            Span<byte> identity = stackalloc byte[Effects.MaxIdentityBytes];
            int identityBytes = 0;
            errno = Failed(errno, "create");
            errno = errno != Errno.None ? errno : Shape(made, update.After, InodeAspects.Owner | InodeAspects.Mode, hasMode: mode is not null);
            errno = errno != Errno.None ? errno : Failed(_calls.Identify(made, default, identity, out identityBytes), "identify");
            if (errno != Errno.None)
            {
                made.Dispose();
                return errno;
            }

            effects.SetIdentity(identity[..identityBytes]);
            Keep(effects, update.After.Type, made);
            return Errno.None;
        }
    }

    private void Keep(Effects effects, InodeType type, SafeFd made)
    {
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

    // The final mode, where the chown that follows does not touch it and the directory hands nothing down; else null: chmod sets it last.
    private uint? ModeToMakeWith(FileId parent, in InodeAttributes attributes, IInodeSource inodes)
    {
        const uint special = 0xe00, sgid = 0x400;
        uint mode = ProjectedAttributes.Mode(_ownership, attributes);
        bool inherits = parent == FileId.Root
            ? _rootHandsDownGroup
            : !inodes.TryGetAttributes(parent, out InodeAttributes directory) || (ProjectedAttributes.Mode(_ownership, directory) & sgid) != 0;
        return (mode & special) != 0 || inherits ? null : mode;
    }

    private Errno MakeObject(in Change change, in InodeAttributes attributes, uint? mode, SafeFd parent, out SafeFd made) =>
        MakeObject(change.Inode, attributes, mode, change.Data, parent, change.Name, out made);

    private Errno MakeObject(
        FileId inode, in InodeAttributes attributes, uint? mode, ReadOnlySpan<byte> target, SafeFd parent, ReadOnlySpan<byte> name, out SafeFd made)
    {
        const OpenFlags create = OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.ReadWrite;
        const uint ownerReadWrite = 0x180, ownerAll = 0x1c0;
        made = new SafeFd();
        Errno errno = attributes.Type switch
        {
            InodeType.RegularFile => OpenWithRoom(parent, name, create, mode ?? ownerReadWrite, out made),
            InodeType.Directory => _calls.MakeDirectory(parent, name, mode ?? ownerAll),
            InodeType.Symlink => MakeSymlink(inode, target, parent, name),
            _ => _calls.MakeNode(
                parent, name, ((uint)ProjectedAttributes.Type(_ownership, attributes) << 12) | (mode ?? ownerReadWrite), ProjectedAttributes.Rdev(_ownership, attributes)),
        };
        if (errno != Errno.None)
        {
            return errno;
        }

        _halfMade = inode;
        return attributes.Type == InodeType.RegularFile
            ? Errno.None
            : Failed(OpenWithRoom(parent, name, OpenFlags.PathOnly, 0, out made), "open what was made");
    }

    private Errno OpenWithRoom(SafeFd parent, ReadOnlySpan<byte> name, OpenFlags flags, uint mode, out SafeFd fd)
    {
        Errno errno = _calls.Open(parent, name, flags, mode, out fd);
        return MakesRoom(errno) ? _calls.Open(parent, name, flags, mode, out fd) : errno;
    }

    // xfs holds 1,023 bytes of target: a dangling link stands for a longer one, which stays in the namespace.
    private Errno MakeSymlink(FileId inode, ReadOnlySpan<byte> target, SafeFd parent, ReadOnlySpan<byte> name)
    {
        Errno errno = _calls.MakeSymlink(target, parent, name);
        return errno == Errno.ENAMETOOLONG ? _calls.MakeSymlink(ProjectedAttributes.LongTarget(inode), parent, name) : errno;
    }

    private Errno RemoveHalfMade(SafeFd parent, ReadOnlySpan<byte> name, bool isDirectory) =>
        isDirectory ? RemoveDirectory(parent, name) : _calls.Unlink(parent, name);
}
