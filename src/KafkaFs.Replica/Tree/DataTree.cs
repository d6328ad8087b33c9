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

    private const int MaxWriters = 512;

    private readonly TreePlace _place;
    private readonly ITreeCalls _calls;
    private readonly TreeOwnership _ownership;
    private readonly DescriptorCache _cache = new(MaxCachedDescriptors);
    private readonly Dictionary<FileId, SafeFd> _writers = [];
    private readonly HashSet<FileId> _touched = [];
    private readonly SafeFd _foreign;
    private readonly bool _rootHandsDownGroup;
    private string _action = "";

    internal DataTree(TreePlace place, TreeOwnership ownership, IReadOnlyList<string> warnings)
    {
        (_place, _calls, _ownership, Warnings) = (place, place.Calls, ownership, warnings);
        IsInMemory = StatFileSystem(out FileSystemStatus status) == Errno.None && KnownFileSystems.IsInMemory(status.Type);
        _foreign = place.OpenOwnDirectory("foreign"u8);
        const uint sgid = 0x400;
        _rootHandsDownGroup = _calls.Stat(place.Root, default, out StatxResult stat) != Errno.None || (stat.Permissions & sgid) != 0;
    }

    public TreeOwnership Ownership => _ownership;

    /// <summary>Its filesystem has no disk that a read could wait for.</summary>
    public bool IsInMemory { get; }

    /// <summary>What an operator should know, in words.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>
    /// Uses an open data root; <paramref name="ownership"/> null is Full where this process may do all that it takes, else Namespace.
    /// Throws <see cref="DataRootException"/> if Full is asked for and may not be had.
    /// </summary>
    public static DataTree Open(DataRoot root, TreeOwnership? ownership) => Open(root, ownership, TreeCapabilities.Missing());

    /// <param name="missing">What this process lacks for full ownership.</param>
    internal static DataTree Open(DataRoot root, TreeOwnership? ownership, IReadOnlyList<string> missing)
    {
        string lack = string.Join(", ", missing);
        if (ownership == TreeOwnership.Full && missing.Count > 0)
        {
            throw new DataRootException(
                DataRootProblem.Unusable,
                $"Ownership=full cannot be had without {lack}: the tree has owners, devices and all xattrs as the namespace says; grant it, or choose Ownership=namespace");
        }

        bool warn = ownership is null && missing.Count > 0 && ProcessCalls.IsRoot;
        ProcessCalls.ClearUmask();
        return new DataTree(
            root.Place,
            ownership ?? (missing.Count == 0 ? TreeOwnership.Full : TreeOwnership.Namespace),
            warn ? [$"root without {lack}: owners, devices and privileged xattrs stay in the namespace (Ownership=namespace)"] : []);
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

    /// <summary>
    /// Writes the times of all objects that the batch touched, each once, and closes what was open for writing. Objects whose times
    /// this machine refuses are tried again by the next call; the first of them is returned. Those of dead inodes are passed.
    /// </summary>
    public TreeResult EndBatch(IInodeSource inodes)
    {
        TreeResult first = TreeResult.Success;
        List<FileId>? refused = null;
        foreach (FileId inode in _touched)
        {
            Errno errno = SetTimes(inode, inodes);
            if (errno != Errno.None)
            {
                (refused ??= []).Add(inode);
                first = first.Succeeded ? new TreeResult(errno, Describe(inode, inodes), "set times") : first;
            }
        }

        CloseWriters();
        _touched.Clear();
        _touched.UnionWith(refused ?? []);
        return first;
    }

    /// <summary>Opens the content of a regular file for a reader of the mount. From any thread.</summary>
    public Errno OpenFile(FileId inode, OpenFlags flags, IInodeSource inodes, out SafeFd fd)
    {
        Errno errno = TryOpenFile(inode, flags, inodes, out fd);
        return MakesRoom(errno) ? TryOpenFile(inode, flags, inodes, out fd) : errno;
    }

    private Errno TryOpenFile(FileId inode, OpenFlags flags, IInodeSource inodes, out SafeFd fd)
    {
        Errno errno = Reach(inode, inodes, out DescriptorLease lease);
        fd = new SafeFd();
        if (errno != Errno.None)
        {
            return errno;
        }

        using (lease)
        {
            return _calls.Reopen(lease.Fd, flags, out fd);
        }
    }

    /// <summary>Space of the filesystem below. From any thread.</summary>
    public Errno StatFileSystem(out FileSystemStatus status) => DescriptorCalls.StatFileSystem(_place.Root, out status);

    /// <inheritdoc/>
    public void Dispose()
    {
        CloseWriters();
        _cache.Dispose();
        _foreign.Dispose();
    }

    private Errno SetTimes(FileId inode, IInodeSource inodes)
    {
        if (inode == FileId.Root || !inodes.TryGetAttributes(inode, out InodeAttributes attributes))
        {
            return Errno.None;
        }

        Errno errno = ReachOwn(inode, inodes, out DescriptorLease lease);
        using (lease)
        {
            return errno != Errno.None ? errno : Failed(_calls.ChangeTimes(lease.Fd, attributes.StAtimeNs, attributes.MtimeNs), "set times");
        }
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
        Errno errno = ReachOwn(update.Inode, inodes, out DescriptorLease lease);
        if (errno != Errno.None)
        {
            return Failed(errno, "open");
        }

        using (lease)
        {
            errno = Shape(lease.Fd, update.After, update.Changed);
            if (errno == Errno.None && (update.Changed & InodeAspects.Capability) != 0 && _ownership == TreeOwnership.Full)
            {
                errno = Failed(_calls.RemoveXattr(lease.Fd, "security.capability"u8), "remove security.capability");
                errno = errno == Errno.ENODATA ? Errno.None : errno;
            }

            return errno;
        }
    }

    // chown strips suid and sgid, so the mode is set after it.
    private Errno Shape(SafeFd fd, in InodeAttributes attributes, InodeAspects changed, bool hasMode = false)
    {
        Errno errno = Errno.None;
        if ((changed & InodeAspects.Owner) != 0 && _ownership == TreeOwnership.Full)
        {
            errno = Failed(_calls.ChangeOwner(fd, attributes.Uid, attributes.Gid), "chown");
        }

        if (errno == Errno.None && !hasMode && (changed & (InodeAspects.Owner | InodeAspects.Mode)) != 0 && attributes.Type != InodeType.Symlink)
        {
            errno = Failed(_calls.ChangeMode(fd, ProjectedAttributes.Mode(_ownership, attributes)), "chmod");
        }

        return errno;
    }

    private void Forget(Effects effects)
    {
        (_halfMade, _justMade) = (FileId.None, FileId.None);
        if (!effects.Dying.IsNone)
        {
            _cache.Bury(effects.Dying);
            _touched.Remove(effects.Dying);
            if (_writers.Remove(effects.Dying, out SafeFd? writer))
            {
                writer.Dispose();
            }
        }
    }

    /// <summary>Test hook: may refuse a labelled call after it was done, as a machine does that fails between two calls.</summary>
    internal Func<string, Errno>? RefuseAfter { get; set; }

    // Every call's result goes through here with its label.
    private Errno Failed(Errno errno, string action)
    {
        errno = errno == Errno.None && RefuseAfter is not null ? RefuseAfter(action) : errno;
        _action = errno == Errno.None ? _action : action;
        return errno;
    }

    private static string Describe(in Change change, Effects effects, IInodeSource inodes) =>
        effects.Parent.IsNone ? Describe(effects.Inode, inodes) : Describe(effects.Parent, change.Name, inodes);

    /// <summary>A name in a directory, for a person.</summary>
    internal static string Describe(FileId directory, ReadOnlySpan<byte> name, IInodeSource inodes) =>
        $"{Describe(directory, inodes)}/{Encoding.UTF8.GetString(name)}".TrimStart('/');

    /// <summary>Where an object is, for a person.</summary>
    internal static string Describe(FileId inode, IInodeSource inodes)
    {
        Span<byte> buffer = stackalloc byte[NativeLimits.PathBytes];
        ReadOnlySpan<byte> path = inodes.CopyPath(inode, buffer, cut: true);
        return path.IsEmpty && inode != FileId.Root ? $"inode {inode}" : Encoding.UTF8.GetString(path);
    }
}
