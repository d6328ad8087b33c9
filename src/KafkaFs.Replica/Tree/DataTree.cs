using System.Text;
using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.Replica.Tree;

/// <summary>
/// The tree: makes the effects of records real below the data root, by *at calls that never leave it. Everything but
/// <see cref="OpenFile"/> and <see cref="StatFileSystem"/> is for the holder of the apply lock.
/// </summary>
public sealed partial class DataTree : IDisposable
{
    /// <summary>O_PATH descriptors kept open.</summary>
    public const int MaxCachedDescriptors = 4_096;

    private const int MaxWriters = 64;

    private readonly DataRoot _root;
    private readonly TreeOwnership _ownership;
    private readonly DescriptorCache _cache = new(MaxCachedDescriptors);
    private readonly Dictionary<FileId, SafeFd> _writers = [];
    private readonly HashSet<FileId> _touched = [];
    private readonly SafeFd _foreign;
    private FileId _halfMade;
    private int _strangers;
    private string _action = "";

    private DataTree(DataRoot root, TreeOwnership ownership)
    {
        (_root, _ownership) = (root, ownership);
        _foreign = root.OpenOwnDirectory("foreign"u8);
    }

    public TreeOwnership Ownership => _ownership;

    /// <summary>Objects that were not ours and stood where a name of the namespace belongs; they are in `.kafkafs/foreign`.</summary>
    public int Strangers => _strangers;

    /// <summary>Uses an open data root; <paramref name="ownership"/> null is Full for root, Namespace for everyone else.</summary>
    public static DataTree Open(DataRoot root, TreeOwnership? ownership)
    {
        TreeOwnership chosen = ownership ?? (ProcessCalls.IsRoot ? TreeOwnership.Full : TreeOwnership.Namespace);
        if (chosen == TreeOwnership.Full && !ProcessCalls.IsRoot)
        {
            throw new DataRootException(DataRootProblem.Unusable, "Ownership=full needs root: the tree has owners and devices as the namespace says");
        }

        ProcessCalls.ClearUmask();
        return new DataTree(root, chosen);
    }

    /// <summary>
    /// Makes one record's effects real, and sets the identity of a new object in them. A refusal of this machine leaves nothing that
    /// a later call for the same record would stumble over.
    /// </summary>
    public TreeResult Realize(in Change change, Effects effects, IInodeSource inodes)
    {
        if (effects.Inode == FileId.Root && effects.Kind == EffectKind.Make)
        {
            return TreeResult.Success;
        }

        Errno errno = RealizeKind(change, effects, inodes);
        errno = errno != Errno.None ? errno : RealizeUpdates(effects, inodes);
        if (errno == Errno.None)
        {
            Forget(effects);
            return TreeResult.Success;
        }

        return new TreeResult(errno, Describe(change, effects, inodes), _action);
    }

    /// <summary>Writes the times of all objects that the batch touched, each once, and closes what was open for writing.</summary>
    public void EndBatch(IInodeSource inodes)
    {
        foreach (SafeFd writer in _writers.Values)
        {
            writer.Dispose();
        }

        _writers.Clear();
        foreach (FileId inode in _touched)
        {
            if (inode != FileId.Root && inodes.TryGetAttributes(inode, out InodeAttributes attributes)
                && Reach(inode, inodes, out DescriptorLease lease) == Errno.None)
            {
                using (lease)
                {
                    DescriptorCalls.ChangeTimes(lease.Fd, attributes.StAtimeNs, attributes.MtimeNs);
                }
            }
        }

        _touched.Clear();
    }

    /// <summary>Opens the content of a regular file for a reader of the mount. From any thread.</summary>
    public Errno OpenFile(FileId inode, OpenFlags flags, IInodeSource inodes, out SafeFd fd)
    {
        Errno errno = Reach(inode, inodes, out DescriptorLease lease);
        fd = new SafeFd();
        if (errno != Errno.None)
        {
            return errno;
        }

        using (lease)
        {
            return DescriptorCalls.Reopen(lease.Fd, flags, out fd);
        }
    }

    /// <summary>Space of the filesystem below. From any thread.</summary>
    public Errno StatFileSystem(out FileSystemStatus status) => DescriptorCalls.StatFileSystem(_root.Fd, out status);

    /// <summary>Makes everything durable that was done so far; an error is final (Linux marks the pages clean).</summary>
    public void Sync()
    {
        Errno errno = DescriptorCalls.SyncFileSystem(_root.Fd);
        if (errno != Errno.None)
        {
            throw new DataRootException(DataRootProblem.Unusable, $"data root '{_root.Path}' could not be made durable ({errno}): no checkpoint is written");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SafeFd writer in _writers.Values)
        {
            writer.Dispose();
        }

        _cache.Dispose();
        _foreign.Dispose();
    }

    private Errno RealizeKind(in Change change, Effects effects, IInodeSource inodes)
    {
        switch (effects.Kind)
        {
            case EffectKind.Make:
                return Make(change, effects, inodes);
            case EffectKind.Link:
                return Link(change, effects, inodes);
            case EffectKind.Remove:
                return Remove(change, effects, inodes);
            case EffectKind.Move:
                Touch(effects.Inode);
                return Move(change, effects, inodes);
            case EffectKind.Exchange:
                Touch(effects.Inode);
                Touch(effects.Displaced);
                return Exchange(change, effects, inodes);
            case EffectKind.Write:
                return Write(change, effects, inodes);
            case EffectKind.Truncate:
                return Truncate(effects, inodes);
            case EffectKind.Allocate:
                return Allocate(change, effects, inodes);
            case EffectKind.SetXattr:
            case EffectKind.RemoveXattr:
                return ChangeXattr(change, effects, inodes);
            default:
                return Errno.None;
        }
    }

    // xfs sets the mtime of a directory whose parent changes by an exchange; rename(2) changes no mtime of what it moves.
    private void Touch(FileId moved) => _touched.Add(moved);

    private Errno RealizeUpdates(Effects effects, IInodeSource inodes)
    {
        foreach (ref readonly InodeUpdate update in effects.Updates)
        {
            const InodeAspects onObject = InodeAspects.Mode | InodeAspects.Owner | InodeAspects.Capability;
            if (update.Inode == FileId.Root || update.After.Links == 0)
            {
                continue;
            }

            if ((update.Changed & InodeAspects.Times) != 0)
            {
                _touched.Add(update.Inode);
            }

            if ((update.Changed & onObject) != 0 && update.Inode != _justMade)
            {
                Errno errno = RealizeUpdate(update, inodes);
                if (errno != Errno.None)
                {
                    return errno;
                }
            }
        }

        return Errno.None;
    }

    private Errno RealizeUpdate(in InodeUpdate update, IInodeSource inodes)
    {
        Errno errno = Reach(update.Inode, inodes, out DescriptorLease lease);
        if (errno != Errno.None)
        {
            return Failed(errno, "open");
        }

        using (lease)
        {
            errno = Shape(lease.Fd, update.After, update.Changed);
            if (errno == Errno.None && (update.Changed & InodeAspects.Capability) != 0 && _ownership == TreeOwnership.Full)
            {
                errno = Failed(XattrCalls.Remove(lease.Fd, "security.capability"u8), "remove security.capability");
                errno = errno == Errno.ENODATA ? Errno.None : errno;
            }

            return errno;
        }
    }

    // chown strips suid and sgid, so the mode is set after it.
    private Errno Shape(SafeFd fd, in InodeAttributes attributes, InodeAspects changed)
    {
        Errno errno = Errno.None;
        if ((changed & InodeAspects.Owner) != 0 && _ownership == TreeOwnership.Full)
        {
            errno = Failed(DescriptorCalls.ChangeOwner(fd, attributes.Uid, attributes.Gid), "chown");
        }

        if (errno == Errno.None && (changed & (InodeAspects.Owner | InodeAspects.Mode)) != 0 && attributes.Type != InodeType.Symlink)
        {
            errno = Failed(DescriptorCalls.ChangeMode(fd, ProjectedAttributes.Mode(_ownership, attributes)), "chmod");
        }

        return errno;
    }

    private void Forget(Effects effects)
    {
        (_halfMade, _justMade) = (FileId.None, FileId.None);
        if (!effects.Dying.IsNone)
        {
            _cache.Remove(effects.Dying);
            _touched.Remove(effects.Dying);
            if (_writers.Remove(effects.Dying, out SafeFd? writer))
            {
                writer.Dispose();
            }
        }
    }

    private Errno Failed(Errno errno, string action)
    {
        _action = errno == Errno.None ? _action : action;
        return errno;
    }

    private static string Describe(in Change change, Effects effects, IInodeSource inodes)
    {
        Span<byte> buffer = stackalloc byte[NativeLimits.PathBytes];
        string path = Encoding.UTF8.GetString(inodes.CopyPath(effects.Parent.IsNone ? effects.Inode : effects.Parent, buffer, cut: true));
        return effects.Parent.IsNone ? path : $"{path}/{Encoding.UTF8.GetString(change.Name)}".TrimStart('/');
    }
}
