namespace KafkaFs.Journal;

/// <summary>
/// The identity of an inode, the same on every replica, for ever: session number (31 bits, top bit 0) and counter (32 bits).
/// It is also the inode number that a mount shows. 0 names nothing.
/// </summary>
public readonly record struct FileId(ulong Value)
{
    /// <summary>No inode.</summary>
    public static FileId None => default;

    /// <summary>The root directory, made by FilesystemCreated: session 0, counter 1.</summary>
    public static FileId Root => new(1);

    /// <summary>The inode that <paramref name="session"/> made as its <paramref name="counter"/>-th.</summary>
    public static FileId Of(SessionId session, uint counter) => new(((ulong)session.Number << 32) | counter);

    /// <summary>The session that made the inode; 0 for the root.</summary>
    public SessionId Session => new((uint)(Value >> 32));

    /// <summary>The number of the inode within its session.</summary>
    public uint Counter => (uint)Value;

    /// <summary>True for <see cref="None"/>.</summary>
    public bool IsNone => Value == 0;

    /// <inheritdoc/>
    public override string ToString() => $"{Session.Number}:{Counter}";
}
