using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Tree;

namespace KafkaFs.Replica.Recovery;

/// <summary>
/// What the records from the checkpoint to the target touch: names, inodes, contents. Their data is not kept. Filled record by
/// record, before each is published; then only read.
/// </summary>
internal sealed class RecoveryPlan(NamespaceState state, TreeOwnership ownership)
{
    private readonly Dictionary<FileId, TouchedDirectory> _directories = [];
    private readonly Dictionary<FileId, OlderObject> _older = [];
    private readonly Dictionary<byte[], FileId> _byIdentity = new(NameBytes.Comparer);
    private readonly HashSet<FileId> _inodes = [];
    private readonly List<ContentChange> _content = [];
    private TouchedDirectory? _bornNames;

    /// <summary>Directories in which names were touched, also those that are gone or were made since.</summary>
    public IReadOnlyDictionary<FileId, TouchedDirectory> Directories => _directories;

    /// <summary>Inodes that were touched and existed at the checkpoint, as their objects are to be known by.</summary>
    public IReadOnlyDictionary<FileId, OlderObject> Older => _older;

    /// <summary>All touched inodes, also those that are gone or were made since.</summary>
    public IReadOnlySet<FileId> Inodes => _inodes;

    /// <summary>Accepted changes of contents, in the order of the log.</summary>
    public IReadOnlyList<ContentChange> Content => _content;

    /// <summary>
    /// The names that records put into directories made since the checkpoint, all together: which of them an unknown directory on the
    /// disk is cannot be told.
    /// </summary>
    public TouchedDirectory BornNames => _bornNames ??= CollectBornNames();

    /// <summary>The directory existed at the checkpoint (the root always does), so its object is known.</summary>
    public bool IsOlder(FileId inode) => inode == FileId.Root || _older.ContainsKey(inode);

    /// <summary>The inode that had the object with this identity at the checkpoint; None for an unknown one.</summary>
    public FileId Find(ReadOnlySpan<byte> identity) => _byIdentity.GetValueOrDefault(identity.ToArray());

    /// <summary>Notes a record that was evaluated and is not published yet.</summary>
    public void Collect(in Change change, Effects effects, long offset)
    {
        foreach (ref readonly InodeUpdate update in effects.Updates)
        {
            Touch(update.Inode);
        }

        switch (effects.Kind)
        {
            case EffectKind.Make when effects.Parent.IsNone:
                break;
            case EffectKind.Make:
                effects.TryGetUpdate(effects.Inode, out InodeUpdate made);
                Put(effects.Parent, change.Name, ProjectedAttributes.Type(ownership, made.After));
                break;
            case EffectKind.Link:
                Put(effects.Parent, change.Name, TypeOf(effects.Inode));
                break;
            case EffectKind.Remove:
                Put(effects.Parent, change.Name, InodeType.None);
                break;
            case EffectKind.Move:
                Put(effects.Parent, change.Name, InodeType.None);
                Put(effects.NewParent, change.NewName, TypeOf(effects.Inode));
                break;
            case EffectKind.Exchange:
                Put(effects.Parent, change.Name, TypeOf(effects.Displaced));
                Put(effects.NewParent, change.NewName, TypeOf(effects.Inode));
                break;
            case EffectKind.Write or EffectKind.Truncate or EffectKind.Allocate:
                _content.Add(ContentChange.Of(effects, state, offset));
                break;
        }
    }

    /// <summary>Repair: the inode's object is there, and is to be put into its places and to get its attributes.</summary>
    public void Add(FileId inode) => Touch(inode);

    /// <summary>Repair: the inode's object is nowhere, so that it is made anew, as if it were born since the checkpoint.</summary>
    public void AddLost(FileId inode)
    {
        _inodes.Add(inode);
        _older.Remove(inode);
    }

    /// <summary>Repair: something else than what the namespace wants may stand at a name; no record put it there, so it is kept.</summary>
    public void AddName(FileId directory, ReadOnlySpan<byte> name)
    {
        Put(directory, name, InodeType.None);
        Touch(directory);
    }

    /// <summary>Repair: <paramref name="whole"/> are all changes of these files' contents since their birth, by which they are made again.</summary>
    public void ReplaceContent(IReadOnlySet<FileId> files, IEnumerable<ContentChange> whole)
    {
        _content.RemoveAll(change => files.Contains(change.Inode));
        _content.AddRange(whole);
        _content.Sort((one, other) => one.RecordOffset.CompareTo(other.RecordOffset));
    }

    // Met for the first time and already there: it existed at the checkpoint, since what is made later is met when it is made.
    private void Touch(FileId inode)
    {
        if (_inodes.Add(inode) && inode != FileId.Root && state.TryGetAttributes(inode, out InodeAttributes attributes))
        {
            Span<byte> identity = stackalloc byte[Effects.MaxIdentityBytes];
            byte[] stored = identity[..state.CopyIdentity(inode, identity)].ToArray();
            _older.Add(inode, new OlderObject(stored, attributes.IsDirectory));
            _byIdentity.TryAdd(stored, inode);
        }
    }

    private void Put(FileId directory, ReadOnlySpan<byte> name, InodeType type)
    {
        if (!_directories.TryGetValue(directory, out TouchedDirectory? touched))
        {
            _directories.Add(directory, touched = new TouchedDirectory());
        }

        touched.Put(name, type);
    }

    private InodeType TypeOf(FileId inode) => state.TryGetAttributes(inode, out InodeAttributes attributes)
        ? ProjectedAttributes.Type(ownership, attributes)
        : throw new InvalidOperationException($"An effect names inode {inode}, which is not in the namespace.");

    private TouchedDirectory CollectBornNames()
    {
        TouchedDirectory all = new();
        foreach ((FileId directory, TouchedDirectory touched) in _directories)
        {
            if (!IsOlder(directory))
            {
                all.Add(touched);
            }
        }

        return all;
    }
}

/// <summary>The object of an inode that existed at the checkpoint.</summary>
/// <param name="Identity">What tells it from every other.</param>
/// <param name="IsDirectory">Else it may have several names.</param>
internal readonly record struct OlderObject(byte[] Identity, bool IsDirectory);
