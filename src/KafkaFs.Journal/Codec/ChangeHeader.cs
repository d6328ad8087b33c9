namespace KafkaFs.Journal.Codec;

/// <summary>Who wrote a record, and where it stands in that writer's order (proto/fuse.proto, message Header).</summary>
public ref struct ChangeHeader
{
    /// <summary>UUID of the filesystem.</summary>
    public Guid Filesystem;

    /// <summary>Format level that the record is written in.</summary>
    public uint Level;

    /// <summary>Session of the writer; 0 in FilesystemCreated and SessionStarted.</summary>
    public SessionId Session;

    /// <summary>Incarnation of the session in this partition.</summary>
    public uint Incarnation;

    /// <summary>Place among the records of this session, incarnation and partition, from 0, without gaps.</summary>
    public ulong Sequence;

    /// <summary>The origin's clock, nanoseconds since 1970.</summary>
    public long TimeNs;

    /// <summary>The path as the origin saw it, for people only; at most <see cref="ChangeCodec.MaxPathBytes"/>.</summary>
    public ReadOnlySpan<byte> Path;

    /// <summary>What <see cref="TimeNs"/> is for a record that is made now.</summary>
    public static long NowNs(TimeProvider clock) => (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
}
