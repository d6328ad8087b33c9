using KafkaFs.Journal;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Recovery;
using KafkaFs.Replica.Tree;
using KafkaFs.Replica.Verification;

namespace KafkaFs.Replica.Repair;

/// <summary>
/// Looks at everything below the data root, `limbo` and `foreign` too, and tells by their identities which inodes' objects are where.
/// Changes nothing. For one thread, once.
/// </summary>
internal sealed class DiskScan
{
    private static readonly byte[] s_limbo = [.. ".kafkafs/"u8, .. Limbo.DirectoryName];
    private static readonly byte[] s_foreign = ".kafkafs/foreign"u8.ToArray();

    private readonly TreePlace _place;
    private readonly NamespaceState _state;
    private readonly ObjectVerifier _objects;
    private readonly Dictionary<byte[], FileId> _byIdentity = new(NameBytes.Comparer);
    private readonly Dictionary<FileId, uint> _rightNames = [];
    private readonly HashSet<FileId> _found = [];
    private readonly HashSet<FileId> _resized = [];
    private readonly Dictionary<FileId, string> _differing = [];
    private readonly List<MisplacedObject> _misplaced = [];
    private readonly List<(FileId Directory, byte[] Name, bool IsForeign)> _strays = [];
    private readonly List<FileId> _lost = [];
    private readonly List<FileId> _lackNames = [];
    private readonly Stack<(byte[] Path, FileId Inode)> _waiting = new();
    private FileId _verified;

    public DiskScan(TreePlace place, NamespaceState state, TreeOwnership ownership)
    {
        (_place, _state) = (place, state);
        _objects = new ObjectVerifier(state, ownership, (_, what) => _differing.TryAdd(_verified, what));
    }

    /// <summary>Live inodes whose objects are nowhere; those that have none yet, since they were born after the checkpoint, are not among them.</summary>
    public IReadOnlyList<FileId> Lost => _lost;

    /// <summary>Live inodes of which a name is missing or taken.</summary>
    public IReadOnlyList<FileId> LackNames => _lackNames;

    /// <summary>Objects of live inodes where none of their names is; a directory comes before what is in it.</summary>
    public IReadOnlyList<MisplacedObject> Misplaced => _misplaced;

    /// <summary>Names in live directories at which there is something else than the namespace has there: an object of another inode, or a foreign one.</summary>
    public IReadOnlyList<(FileId Directory, byte[] Name, bool IsForeign)> Strays => _strays;

    /// <summary>Inodes whose attributes, targets or xattrs are not the namespace's, with the first difference.</summary>
    public IReadOnlyDictionary<FileId, string> Differing => _differing;

    /// <summary>Regular files that have another size.</summary>
    public IReadOnlySet<FileId> Resized => _resized;

    /// <summary>Throws <see cref="TreeRefusedException"/> for what cannot be looked at.</summary>
    public void Run(CancellationToken stop)
    {
        List<FileId> inodes = IdentifyAll();
        _waiting.Push((s_foreign, FileId.None));
        _waiting.Push((s_limbo, FileId.None));
        _waiting.Push(([], FileId.Root));
        while (_waiting.TryPop(out (byte[] Path, FileId Inode) next))
        {
            stop.ThrowIfCancellationRequested();
            Visit(next.Path, next.Inode);
        }

        foreach (FileId inode in inodes)
        {
            _state.TryGetAttributes(inode, out InodeAttributes attributes);
            if (!_found.Contains(inode))
            {
                _lost.Add(inode);
            }

            if (_rightNames.GetValueOrDefault(inode) != attributes.Links)
            {
                _lackNames.Add(inode);
            }
        }
    }

    // Those without an identity are made by the recovery that this scan belongs to.
    private List<FileId> IdentifyAll()
    {
        List<FileId> inodes = [];
        Stack<FileId> directories = new([FileId.Root]);
        Span<byte> identity = stackalloc byte[Effects.MaxIdentityBytes];
        while (directories.TryPop(out FileId directory))
        {
            DirectoryCursor cursor = new(directory, 0);
            while (_state.TryReadEntry(ref cursor, out DirectoryEntry entry))
            {
                if (entry.Type == InodeType.Directory)
                {
                    directories.Push(entry.Inode);
                }

                int length = _state.CopyIdentity(entry.Inode, identity);
                if (length > 0 && _byIdentity.TryAdd(identity[..length].ToArray(), entry.Inode))
                {
                    inodes.Add(entry.Inode);
                }
            }
        }

        return inodes;
    }

    private void Visit(byte[] path, FileId inode)
    {
        string text = System.Text.Encoding.UTF8.GetString(path);
        SafeFd? opened = null;
        try
        {
            if (path.Length > 0)
            {
                Errno errno = _place.Calls.OpenBeneath(_place.Root, path, out opened);
                if (errno == Errno.EXDEV && inode.IsNone)
                {
                    // Another filesystem is mounted there: nothing of ours is in it.
                    return;
                }

                TreeRefusedException.ThrowIf(errno, "open", text);
            }

            SafeFd directory = opened ?? _place.Root;
            List<byte[]> names = [];
            TreeRefusedException.ThrowIf(_place.Calls.ListNames(directory, names), "list", text);
            foreach (byte[] name in names)
            {
                if (inode != FileId.Root || !IsOwn(name))
                {
                    Look(directory, path, inode, name);
                }
            }
        }
        finally
        {
            opened?.Dispose();
        }
    }

    private bool IsOwn(byte[] name) =>
        name.AsSpan().SequenceEqual(".kafkafs"u8) || (name.AsSpan().SequenceEqual("lost+found"u8) && _state.Lookup(FileId.Root, name).IsNone);

    private void Look(SafeFd directory, byte[] path, FileId parent, byte[] name)
    {
        byte[] below = path.Length == 0 ? name : [.. path, (byte)'/', .. name];
        string text = System.Text.Encoding.UTF8.GetString(below);
        Errno errno = _place.Calls.Open(directory, name, OpenFlags.PathOnly, 0, out SafeFd fd);
        using (fd)
        {
            TreeRefusedException.ThrowIf(errno, "open", text);
            TreeRefusedException.ThrowIf(_place.Calls.Stat(fd, default, out StatxResult stat), "stat", text);
            Span<byte> identity = stackalloc byte[Effects.MaxIdentityBytes];
            TreeRefusedException.ThrowIf(_place.Calls.Identify(fd, default, identity, out int length), "identify", text);
            bool isDirectory = stat.Type == (int)InodeType.Directory;
            FileId inode = _byIdentity.GetValueOrDefault(identity[..length].ToArray());
            if (!inode.IsNone && _found.Add(inode))
            {
                Verify(inode, below, fd, stat);
            }

            Note(path, parent, name, inode, isDirectory);
            if (isDirectory)
            {
                _waiting.Push((below, inode));
            }
        }
    }

    private void Note(byte[] path, FileId parent, byte[] name, FileId inode, bool isDirectory)
    {
        if (!parent.IsNone && !inode.IsNone && _state.Lookup(parent, name) == inode)
        {
            _rightNames[inode] = _rightNames.GetValueOrDefault(inode) + 1;
            return;
        }

        if (!parent.IsNone)
        {
            _strays.Add((parent, name, inode.IsNone));
        }

        if (!inode.IsNone)
        {
            _misplaced.Add(new MisplacedObject(inode, path, name, isDirectory));
        }
    }

    private void Verify(FileId inode, byte[] path, SafeFd fd, in StatxResult stat)
    {
        _state.TryGetAttributes(inode, out InodeAttributes attributes);
        _verified = inode;
        _objects.Verify(path, fd, inode, attributes, stat);
        if (attributes.Type == InodeType.RegularFile && attributes.Size != stat.Size)
        {
            _resized.Add(inode);
        }
    }
}
