using KafkaFs.Fuse.Abi;
using KafkaFs.Fuse.Session;
using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.MasterHost.FileSystem;

/// <summary>
/// Tells the kernel what other masters changed. Nothing waits for it: notifications block on locks that calls hold which wait for
/// us. So it has lanes of its own, for inodes and for names, and when one is full everything is invalidated instead.
/// </summary>
internal sealed class KernelNotifier : IDisposable
{
    /// <summary>Notifications that a lane holds.</summary>
    public const int LaneCapacity = 16_384;

    private const int LaneCount = 4;
    private const int VersionCount = 4_096;

    private readonly LookupTable _lookups;
    private readonly Func<bool> _hasOthers;
    private readonly Func<IEnumerable<(FileId Inode, FileId Parent, byte[] Name)>> _dead;
    private readonly NotificationLane[] _nodes;
    private readonly NotificationLane[] _names;
    private readonly NotificationLane[] _lanes;
    private readonly long[] _versions = new long[VersionCount];
    private readonly Dictionary<FileId, int> _stale = [];
    private readonly Lock _staleGate = new();
    private FuseNotifications? _kernel;
    private FuseConnectionInfo? _connection;
    private int _dropsDue;
    private long _sentNodes;
    private long _sentNames;
    private long _overflows;

    /// <param name="dead">Those of the known inodes that have no name any more, with their last one.</param>
    /// <param name="hasOthers">There are other masters perhaps.</param>
    public KernelNotifier(
        LookupTable lookups, Func<IEnumerable<(FileId Inode, FileId Parent, byte[] Name)>> dead, Func<bool> hasOthers, int laneCapacity = LaneCapacity)
    {
        (_lookups, _dead, _hasOthers) = (lookups, dead, hasOthers);
        _nodes = [.. Enumerable.Range(0, LaneCount).Select(index => new NotificationLane($"notify-inodes-{index}", SendNode, laneCapacity))];
        _names = [.. Enumerable.Range(0, LaneCount).Select(index => new NotificationLane($"notify-names-{index}", SendName, laneCapacity))];
        _lanes = [.. _nodes, .. _names];
    }

    /// <summary>Notifications that wait for the kernel.</summary>
    public int Queued => _lanes.Sum(static lane => lane.Count);

    /// <summary>Inodes and names of which the kernel was told that others changed them, and how often it was told of all at once instead.</summary>
    public (long Inodes, long Names, long All) Sent => (Volatile.Read(ref _sentNodes), Volatile.Read(ref _sentNames), Volatile.Read(ref _overflows));

    /// <summary>The mount is there; from here on changes are told. Calls may have been answered before: what was changed since is dropped.</summary>
    public void Start(FuseNotifications kernel, FuseConnectionInfo connection)
    {
        (_connection, _kernel) = (connection, kernel);
        foreach (NotificationLane lane in _lanes)
        {
            lane.Start();
        }

        DropAll();
    }

    /// <summary>
    /// To be taken before an answer about an inode, or about a name in a directory, is made, and given to <see cref="Recheck(FileId, long)"/> or its like after it.
    /// </summary>
    public long VersionOf(FileId inode) => Volatile.Read(ref _versions[Shard(inode)]);

    /// <summary>An answer about an inode has gone to the kernel: if it changed meanwhile it is told again, since the answer may have come second.</summary>
    public void Recheck(FileId inode, long version)
    {
        if (VersionOf(inode) != version)
        {
            TellNode(inode, content: false);
        }
    }

    /// <inheritdoc cref="Recheck(FileId, long)"/>
    public void Recheck(FileId parent, ReadOnlySpan<byte> name, long version)
    {
        if (VersionOf(parent) != version)
        {
            TellName(parent, name);
        }
    }

    /// <summary>Entries of a directory have gone to the kernel: as <see cref="Recheck(FileId, long)"/>.</summary>
    public void RecheckList(FileId directory, long version)
    {
        if (VersionOf(directory) != version)
        {
            TellNode(directory, content: true, isDirectory: true);
        }
    }

    /// <summary>The pages that the kernel keeps of the inode are right: it knows of every change by others.</summary>
    public bool IsKept(FileId inode)
    {
        lock (_staleGate)
        {
            return _dropsDue == 0 && !_stale.ContainsKey(inode);
        }
    }

    /// <summary>A record of another master was applied. By the holder of the apply lock.</summary>
    public void OnForeign(in Change change, Effects effects)
    {
        switch (effects.Kind)
        {
            case EffectKind.Make or EffectKind.Link or EffectKind.Remove:
                Name(effects.Parent, change.Name, effects.Dying, isGone: effects.Kind == EffectKind.Remove);
                Node(effects.Inode, content: false);
                break;
            case EffectKind.Move or EffectKind.Exchange:
                bool isGone = effects.Kind == EffectKind.Move && effects.TryGetUpdate(effects.Inode, out InodeUpdate moved) && !moved.After.IsDirectory;
                Name(effects.Parent, change.Name, default, isGone);
                Name(effects.NewParent, change.NewName, effects.Dying, isGone);
                Node(effects.Inode, content: HasAnotherParent(effects, effects.Inode));
                Node(effects.Displaced, content: HasAnotherParent(effects, effects.Displaced));
                break;
            case EffectKind.Write or EffectKind.Truncate or EffectKind.Allocate:
                Node(effects.Inode, content: true);
                break;
            case EffectKind.SetAttributes or EffectKind.SetXattr or EffectKind.RemoveXattr:
                Node(effects.Inode, content: false);
                break;
        }
    }

    /// <summary>A record of this master had an effect that its caller's kernel did not expect.</summary>
    public void OnOwn(in Change change, Effects effects)
    {
        if (effects.Kind is EffectKind.Move or EffectKind.Exchange)
        {
            OnOwnMove(effects.Inode, effects);
            OnOwnMove(effects.Displaced, effects);
            OnOwnNames(change, effects);
            return;
        }

        if (effects.Kind is not (EffectKind.Write or EffectKind.Truncate or EffectKind.Allocate))
        {
            return;
        }

        bool moved = change.Kind == ChangeKind.Write && effects.Offset != change.Offset;
        if (moved || (effects.TryGetUpdate(effects.Inode, out InodeUpdate update) && (update.Changed & InodeAspects.Mode) != 0))
        {
            Node(effects.Inode, content: moved);
        }
    }

    // The kernel keeps the list of a directory by its mtime, which does not change with its "..".
    private void OnOwnMove(FileId inode, Effects effects)
    {
        if (HasAnotherParent(effects, inode))
        {
            Node(inode, content: true, isDirectory: true);
        }
    }

    // The kernel has moved what it had under the name, which another master may have replaced before.
    private void OnOwnNames(in Change change, Effects effects)
    {
        if (_hasOthers())
        {
            Name(effects.NewParent, change.NewName);
            if (effects.Kind == EffectKind.Exchange)
            {
                Name(effects.Parent, change.Name);
            }
        }
    }

    private static bool HasAnotherParent(Effects effects, FileId inode) =>
        effects.Parent != effects.NewParent && effects.TryGetUpdate(inode, out InodeUpdate update) && update.After.IsDirectory;

    /// <summary>An answered write is lost: what the kernel keeps of the content is not so.</summary>
    public void OnLost(FileId inode) => Node(inode, content: true);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (NotificationLane lane in _lanes)
        {
            lane.Dispose();
        }
    }

    private static int Shard(FileId inode) => (int)(inode.Counter % VersionCount);

    private void Name(FileId parent, ReadOnlySpan<byte> name, FileId dead = default, bool isGone = false)
    {
        Interlocked.Increment(ref _versions[Shard(parent)]);
        TellName(parent, name, dead, isGone);
    }

    private void TellName(FileId parent, ReadOnlySpan<byte> name, FileId dead = default, bool isGone = false)
    {
        if (_kernel is null || !IsKnown(parent))
        {
            return;
        }

        if (!_names[parent.Counter % LaneCount].TryAdd(new Notification(parent, name.ToArray(), HasContent: false, dead, IsGone: isGone)))
        {
            Overflow();
        }

        TellNode(parent, content: true, isDirectory: true);
    }

    private void Node(FileId inode, bool content, bool isDirectory = false)
    {
        if (inode.IsNone)
        {
            return;
        }

        Interlocked.Increment(ref _versions[Shard(inode)]);
        TellNode(inode, content, isDirectory);
    }

    private void TellNode(FileId inode, bool content, bool isDirectory = false)
    {
        if (_kernel is null || !IsKnown(inode))
        {
            return;
        }

        MarkStale(inode, content ? 1 : 0);
        if (!_nodes[inode.Counter % LaneCount].TryAdd(new Notification(inode, null, content, IsDirectory: isDirectory)))
        {
            MarkStale(inode, content ? -1 : 0);
            Overflow();
        }
    }

    private bool IsKnown(FileId inode) => inode == FileId.Root || _lookups.Contains(inode);

    // Notifications of content that are on their way, counted.
    private void MarkStale(FileId inode, int change)
    {
        if (change == 0)
        {
            return;
        }

        lock (_staleGate)
        {
            int count = _stale.GetValueOrDefault(inode) + change;
            if (count == 0)
            {
                _stale.Remove(inode);
            }
            else
            {
                _stale[inode] = count;
            }
        }
    }

    private void SendNode(Notification notification, bool isFirst)
    {
        _kernel!.InvalidateNode(new NodeId(notification.Inode.Value), notification.HasContent);
        Interlocked.Add(ref _sentNodes, isFirst ? 1 : 0);
        MarkStale(notification.Inode, isFirst && notification.HasContent ? -1 : 0);
    }

    // Once: the name may be another inode's soon.
    private void SendName(Notification notification, bool isFirst)
    {
        NodeId parent = new(notification.Inode.Value);
        Interlocked.Add(ref _sentNames, isFirst ? 1 : 0);
        if (isFirst && !notification.Dead.IsNone)
        {
            _kernel!.DeleteName(parent, new NodeId(notification.Dead.Value), notification.Name);
        }
        else
        {
            // A name that is only expired keeps its inode until somebody asks for it again, which nobody may do.
            _kernel!.InvalidateName(parent, notification.Name, _connection!.HasExpireOnly && !(isFirst && notification.IsGone));
        }
    }

    private void Overflow()
    {
        if (DropAll())
        {
            Interlocked.Increment(ref _overflows);
        }
    }

    // On a thread of its own, once at a time: it blocks as the others do. False if it is under way, and goes on from the beginning.
    private bool DropAll()
    {
        bool isFirst = Interlocked.Increment(ref _dropsDue) == 1;
        if (isFirst)
        {
            new Thread(InvalidateAll) { IsBackground = true, Name = "notify-all" }.Start();
        }

        return isFirst;
    }

    private void InvalidateAll()
    {
        int seen;
        FileId[] known;
        do
        {
            seen = Volatile.Read(ref _dropsDue);
            known = [.. _lookups.All()];
            if (_connection!.HasEpoch)
            {
                _kernel!.InvalidateAllNames();
            }

            foreach (FileId inode in known.Prepend(FileId.Root))
            {
                _kernel!.InvalidateNode(new NodeId(inode.Value), content: true);
            }

            // Else the kernel keeps them until it needs the memory.
            foreach ((FileId inode, FileId parent, byte[] name) in _dead())
            {
                _kernel!.DeleteName(new NodeId(parent.Value), new NodeId(inode.Value), name);
            }
        }
        while (Interlocked.CompareExchange(ref _dropsDue, 0, seen) != seen);

        // Attributes of an answer that was under way may have come after it, and hold for an hour.
        Thread.Sleep(NotificationLane.RepeatAfterMs);
        foreach (FileId inode in known)
        {
            _kernel!.InvalidateNode(new NodeId(inode.Value), content: false);
        }
    }
}
