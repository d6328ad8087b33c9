using KafkaFs.Posix;

namespace KafkaFs.Replica.Namespace;

/// <summary>Why a record is void: it changes nothing, on every replica alike.</summary>
public enum VoidReason : byte
{
    /// <summary>It is not void.</summary>
    None,

    /// <summary>Bytes that are no record of this format, or a field out of its domain.</summary>
    Malformed,

    /// <summary>Written at another format level than the replicated one.</summary>
    OtherLevel,

    /// <summary>Of another filesystem.</summary>
    OtherFilesystem,

    /// <summary>A second FilesystemCreated, or anything before the first.</summary>
    NotFirst,

    /// <summary>Its session was never started, or is closed or superseded.</summary>
    SessionClosed,

    /// <summary>Of an incarnation that a Fence ended, or of one that no Fence has begun.</summary>
    OtherIncarnation,

    /// <summary>A sequence that was consumed already: a repetition.</summary>
    Duplicate,

    /// <summary>A sequence beyond the expected one: something before it has not landed. It may come again, then accepted.</summary>
    SequenceAhead,

    /// <summary>A FileId that is not the session's own, or not above its last counter.</summary>
    ImpossibleFileId,

    /// <summary>SessionStarted with a run not above the last accepted one of that master, or too many open sessions.</summary>
    RunNotAbove,

    /// <summary>FormatRaised to a level that is not above the current one.</summary>
    LevelNotAbove,
}

/// <summary>
/// What evaluation says to one record, the same on every replica. Not void: the record answers its call with <see cref="Errno"/>
/// (None is success). Void: it answers nothing.
/// </summary>
public readonly record struct Outcome(VoidReason Void, Errno Errno)
{
    /// <summary>The call succeeds.</summary>
    public static Outcome Success => default;

    /// <summary>The call fails; nothing changes but the session's sequence.</summary>
    public static Outcome Failed(Errno errno) => new(VoidReason.None, errno);

    /// <summary>The record changes nothing.</summary>
    public static Outcome IsVoid(VoidReason reason) => new(reason, Errno.None);

    /// <summary>The record is an answer to its writer.</summary>
    public bool IsAccepted => Void == VoidReason.None;

    /// <inheritdoc/>
    public override string ToString() => IsAccepted ? (Errno == Errno.None ? "ok" : Errno.ToString()) : $"void ({Void})";
}
