using KafkaFs.Journal;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Tree;

namespace KafkaFs.Replica.Recovery;

/// <summary>
/// Where the touched directories lie on disk, which is not yet where the namespace has them. Objects that handles open are found
/// wherever they are; only where there are no handles is the disk searched, directory by directory.
/// </summary>
internal sealed class PhysicalPlaces(RecoveryPlan plan, NamespaceState state, TreePlace place) : IInodeSource
{
    private readonly Dictionary<FileId, Node> _nodes = [];
    private readonly Node _limbo = new() { Name = [.. ".kafkafs/"u8, .. Limbo.DirectoryName] };
    private readonly Node _root = new();

    /// <summary>
    /// What the first directory that could not be searched said; null if there was none. A touched directory may lie in or below it.
    /// </summary>
    public string? FirstRefusal { get; private set; }

    /// <summary>
    /// Step 3: locates older directories by their identity, from the root down and in limbo. Others that may not be looked into, or
    /// go meanwhile, are passed over. Throws <see cref="TreeRefusedException"/>, and OperationCanceledException.
    /// </summary>
    public void Search(SafeFd limbo, CancellationToken stop)
    {
        _nodes[FileId.Root] = _root;
        (_root.IsOurs, _limbo.IsOurs) = (true, true);
        Stack<Node> waiting = new();
        Visit(place.Root, _root, waiting);
        Visit(limbo, _limbo, waiting);
        while (waiting.TryPop(out Node? node))
        {
            stop.ThrowIfCancellationRequested();
            if (!PassOver(place.Calls.OpenBeneath(place.Root, node.Path(), out SafeFd fd), "open", node))
            {
                using (fd)
                {
                    Visit(fd, node, waiting);
                }
            }
        }
    }

    /// <summary>A directory is at this name from now on.</summary>
    public void Move(FileId directory, FileId parent, byte[] name) => Set(directory, _nodes.GetValueOrDefault(parent), name);

    /// <summary>A directory is in limbo from now on.</summary>
    public void MoveToLimbo(FileId directory, byte[] name) => Set(directory, _limbo, name);

    /// <inheritdoc/>
    public int CopyIdentity(FileId inode, Span<byte> buffer)
    {
        if (plan.Older.TryGetValue(inode, out OlderObject older))
        {
            older.Identity.CopyTo(buffer);
            return older.Identity.Length;
        }

        return state.CopyIdentity(inode, buffer);
    }

    /// <inheritdoc/>
    public ReadOnlySpan<byte> CopyPath(FileId inode, Span<byte> buffer, bool cut = false)
    {
        if (NodeOf(inode) is not Node node)
        {
            return cut ? state.CopyPath(inode, buffer, cut) : default;
        }

        byte[] path = node.Path();
        if (path.Length > buffer.Length && !cut)
        {
            return default;
        }

        int kept = Math.Min(path.Length, buffer.Length);
        path.AsSpan(path.Length - kept).CopyTo(buffer[^kept..]);
        return buffer[^kept..];
    }

    /// <inheritdoc/>
    public int PathLength(FileId inode) => NodeOf(inode)?.Path().Length ?? 0;

    /// <inheritdoc/>
    public bool TryGetAttributes(FileId inode, out InodeAttributes attributes) => state.TryGetAttributes(inode, out attributes);

    /// <inheritdoc/>
    public ReadOnlySpan<byte> GetTarget(FileId inode) => state.GetTarget(inode);

    private void Visit(SafeFd directory, Node node, Stack<Node> waiting)
    {
        List<byte[]> names = [];
        if (PassOver(place.Calls.ListNames(directory, names), "list", node))
        {
            return;
        }

        Span<byte> identity = stackalloc byte[Effects.MaxIdentityBytes];
        foreach (byte[] name in names)
        {
            if (node == _root && name.AsSpan().SequenceEqual(".kafkafs"u8))
            {
                continue;
            }

            Node found = new() { Parent = node, Name = name };
            Errno errno = place.Calls.Stat(directory, name, out StatxResult stat);
            if (PassOver(errno, "stat", found, node.IsOurs) || stat.Type != (int)InodeType.Directory
                || PassOver(place.Calls.Identify(directory, name, identity, out int length), "identify", found, node.IsOurs))
            {
                continue;
            }

            FileId inode = plan.Find(identity[..length]);
            if (!inode.IsNone)
            {
                found.IsOurs = true;
                _nodes[inode] = found;
            }

            waiting.Push(found);
        }
    }

    private bool PassOver(Errno errno, string action, Node node) => PassOver(errno, action, node, node.IsOurs);

    // True if there is nothing more to do with it. Of ours nothing is passed over but what is gone: it would look lost.
    private bool PassOver(Errno errno, string action, Node node, bool isOurs)
    {
        if (errno is Errno.None)
        {
            return false;
        }

        bool passes = errno == Errno.ENOENT
            || (!isOurs && errno is Errno.EACCES or Errno.EPERM or Errno.EXDEV or Errno.ENOTDIR or Errno.ELOOP);
        TreeRefusedException.ThrowIf(passes ? Errno.None : errno, action, node.ToString());
        FirstRefusal ??= errno == Errno.ENOENT ? null : new TreeRefusedException(new TreeResult(errno, node.ToString(), action)).Message;
        return true;
    }

    // An untouched directory is where the namespace has it, below wherever its parent is.
    private Node? NodeOf(FileId inode)
    {
        Stack<byte[]> below = new();
        Node? node;
        while (!_nodes.TryGetValue(inode, out node))
        {
            if (!state.TryGetName(inode, out FileId parent, out ReadOnlySpan<byte> name))
            {
                return null;
            }

            below.Push(name.ToArray());
            inode = parent;
        }

        foreach (byte[] name in below)
        {
            node = new Node { Parent = node, Name = name };
        }

        return node;
    }

    // A moved directory keeps its node, so that what is below it moves too.
    private void Set(FileId directory, Node? parent, byte[] name)
    {
        if (parent is null)
        {
            return;
        }

        if (!_nodes.TryGetValue(directory, out Node? node))
        {
            _nodes.Add(directory, node = new Node());
        }

        (node.Parent, node.Name) = (parent, name);
    }

    private sealed class Node
    {
        public Node? Parent { get; set; }

        public byte[] Name { get; set; } = [];

        /// <summary>One of the plan's, the root, or limbo.</summary>
        public bool IsOurs { get; set; }

        public byte[] Path()
        {
            Stack<byte[]> parts = new();
            for (Node? node = this; node is { Name.Length: > 0 }; node = node.Parent)
            {
                parts.Push(node.Name);
            }

            List<byte> path = [];
            foreach (byte[] part in parts)
            {
                path.AddRange(part);
                path.Add((byte)'/');
            }

            return path.Count == 0 ? [] : [.. path[..^1]];
        }

        public override string ToString() => System.Text.Encoding.UTF8.GetString(Path());
    }
}
