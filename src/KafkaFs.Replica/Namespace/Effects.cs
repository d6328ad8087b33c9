using KafkaFs.Journal;

namespace KafkaFs.Replica.Namespace;

/// <summary>
/// What one accepted record changes: filled by evaluation, made real by the tree, then published to the namespace. One instance
/// is used again for every record; its content is valid until the next evaluation. Names and data stay in the Change.
/// </summary>
public sealed class Effects
{
    /// <summary>Longest identity of an object in a tree, bytes (MAX_HANDLE_SZ and a header).</summary>
    public const int MaxIdentityBytes = 144;

    private const int MaxUpdates = 6;
    private readonly InodeUpdate[] _updates = new InodeUpdate[MaxUpdates];
    private readonly byte[] _identity = new byte[MaxIdentityBytes];
    private int _updateCount;
    private int _identityBytes;

    public EffectKind Kind { get; set; }

    /// <summary>The inode that the record is about.</summary>
    public FileId Inode { get; set; }

    /// <summary>The directory of the record's Name.</summary>
    public FileId Parent { get; set; }

    /// <summary>The directory of the record's NewName.</summary>
    public FileId NewParent { get; set; }

    /// <summary>Move: the inode that loses the new name, or None. Exchange: the inode at the new name.</summary>
    public FileId Displaced { get; set; }

    /// <summary>First byte of a write or allocation: for an append the size that evaluation found.</summary>
    public ulong Offset { get; set; }

    /// <summary>The inode whose last name goes by this record, or None.</summary>
    public FileId Dying { get; set; }

    /// <summary>The record's implicit time, nanoseconds since 1970, which the log clock follows; 0 if it has none.</summary>
    public long TimeNs { get; set; }

    /// <summary>The record has the expected sequence of its session, and uses it up.</summary>
    public bool ConsumesSequence { get; set; }

    /// <summary>The counter of the FileId that the record uses up, or 0.</summary>
    public uint UsedCounter { get; set; }

    /// <summary>The attributes of every inode that changes, each once; for Make the new inode is among them.</summary>
    public ReadOnlySpan<InodeUpdate> Updates => _updates.AsSpan(0, _updateCount);

    /// <summary>Make: the identity of the new object in this tree, set by the tree; empty where there is none.</summary>
    public ReadOnlySpan<byte> Identity => _identity.AsSpan(0, _identityBytes);

    /// <summary>The attributes of <paramref name="inode"/> after the record; false if they do not change.</summary>
    public bool TryGetUpdate(FileId inode, out InodeUpdate update)
    {
        foreach (ref readonly InodeUpdate candidate in Updates)
        {
            if (candidate.Inode == inode)
            {
                update = candidate;
                return true;
            }
        }

        update = default;
        return false;
    }

    /// <summary>Adds the attributes of an inode; a later call for the same inode replaces them and adds to what changed.</summary>
    public void Update(FileId inode, in InodeAttributes after, InodeAspects changed)
    {
        for (int index = 0; index < _updateCount; index++)
        {
            if (_updates[index].Inode == inode)
            {
                _updates[index] = new InodeUpdate(inode, after, _updates[index].Changed | changed);
                return;
            }
        }

        _updates[_updateCount++] = new InodeUpdate(inode, after, changed);
    }

    /// <summary>Make: notes the identity of the object that the tree made.</summary>
    public void SetIdentity(ReadOnlySpan<byte> identity)
    {
        identity.CopyTo(_identity);
        _identityBytes = identity.Length;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        (Kind, Inode, Parent, NewParent, Displaced, Offset, Dying) = (EffectKind.None, default, default, default, default, 0, default);
        (TimeNs, ConsumesSequence, UsedCounter) = (0, false, 0);
        _updateCount = _identityBytes = 0;
    }
}
