using System.Collections.Concurrent;
using KafkaFs.Fuse.Abi;
using KafkaFs.Fuse.Session;
using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.MasterHost.FileSystem;

/// <summary>
/// Tells the kernel what other masters changed. Nothing waits for it: notifications block on locks that calls hold which wait for
/// us. So it has threads of its own, one for inodes and one for names, and when a queue is full all known inodes are
/// invalidated instead.
/// </summary>
internal sealed class KernelNotifier : IDisposable
{
    private const int QueueLength = 65_536;

    private readonly LookupTable _lookups;
    private readonly BlockingCollection<(FileId Inode, bool Content)> _nodes = new(QueueLength);
    private readonly BlockingCollection<(FileId Parent, byte[] Name)> _names = new(QueueLength);
    private volatile bool _overflowed;
    private bool _started;

    public KernelNotifier(LookupTable lookups) => _lookups = lookups;

    /// <summary>Notifications that wait for the kernel.</summary>
    public int Queued => _nodes.Count + _names.Count;

    /// <summary>The mount is there; from here on changes are told.</summary>
    public void Start(FuseNotifications kernel)
    {
        _started = true;
        Run("notify-inodes", () =>
        {
            foreach ((FileId inode, bool content) in _nodes.GetConsumingEnumerable())
            {
                kernel.InvalidateNode(new NodeId(inode.Value), content);
                if (_overflowed)
                {
                    InvalidateAll(kernel);
                }
            }
        });
        Run("notify-names", () =>
        {
            foreach ((FileId parent, byte[] name) in _names.GetConsumingEnumerable())
            {
                kernel.InvalidateName(new NodeId(parent.Value), name);
            }
        });
    }

    /// <summary>A record of another master was applied. By the holder of the apply lock.</summary>
    public void OnForeign(in Change change, Effects effects)
    {
        switch (effects.Kind)
        {
            case EffectKind.Make or EffectKind.Link or EffectKind.Remove:
                Name(effects.Parent, change.Name);
                Node(effects.Inode, content: false);
                break;
            case EffectKind.Move or EffectKind.Exchange:
                Name(effects.Parent, change.Name);
                Name(effects.NewParent, change.NewName);
                Node(effects.Inode, content: false);
                Node(effects.Displaced, content: false);
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

    /// <inheritdoc/>
    public void Dispose()
    {
        _nodes.CompleteAdding();
        _names.CompleteAdding();
    }

    private static void Run(string name, ThreadStart loop) => new Thread(loop) { IsBackground = true, Name = name }.Start();

    private void Name(FileId parent, ReadOnlySpan<byte> name)
    {
        if (!_started || !(_lookups.Contains(parent) || parent == FileId.Root))
        {
            return;
        }

        _overflowed |= !_names.TryAdd((parent, name.ToArray()));
        Node(parent, content: true);
    }

    private void Node(FileId inode, bool content)
    {
        if (_started && !inode.IsNone && (_lookups.Contains(inode) || inode == FileId.Root))
        {
            _overflowed |= !_nodes.TryAdd((inode, content));
        }
    }

    private void InvalidateAll(FuseNotifications kernel)
    {
        _overflowed = false;
        foreach (FileId inode in _lookups.All())
        {
            kernel.InvalidateNode(new NodeId(inode.Value), content: true);
        }
    }
}
