using KafkaFs.Journal.Codec;
using KafkaFs.Posix;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.MasterHost.Session;

/// <summary>
/// A call that waits for its record: it is answered when the record is applied here, not when the journal has it. Exactly one of
/// <see cref="Complete"/>, <see cref="CompleteParts"/> and <see cref="Abandon"/> is called, once.
/// </summary>
internal abstract class PendingCall
{
    /// <summary>The record's place in the session, from the handover on.</summary>
    public ulong Sequence { get; set; }

    /// <summary>It was submitted before the session had its number: its record gets that when it is handed over.</summary>
    public bool IsEarly { get; set; }

    /// <summary>The incarnation that <see cref="Sequence"/> counts in.</summary>
    public uint Incarnation { get; set; }

    /// <summary>The record; it never changes once handed over, until a Fence has given that handover up.</summary>
    public byte[] Record { get; set; } = [];

    /// <summary>What the log thought of the record, if it refused it.</summary>
    public RecordRefusal? Refusal { get; set; }

    /// <summary>
    /// The caller has been told EIO since the journal was away for too long: what of it evaluation has not accepted when the next Fence is applied is
    /// given up.
    /// </summary>
    public bool IsForsaken { get; set; }

    /// <summary>Nothing else is in the journal's hands while this record is: the log has refused it together with others, for their length.</summary>
    public bool GoesAlone { get; set; }

    /// <summary>The log has refused a record of this call that was longer, bytes.</summary>
    public int MaxRecordBytes { get; set; } = int.MaxValue;

    /// <summary>Its place among all that were ever queued; 0 before.</summary>
    public long QueueNumber { get; set; }

    /// <summary>It is queued, and was never handed over: its record may still change.</summary>
    public bool IsFresh { get; set; }

    /// <summary>
    /// Calls of the queue up to this number are not to wait for others to be merged with: itself, unless nobody waits for it.
    /// </summary>
    public virtual long Hurries => QueueNumber;

    /// <summary>The call that is answered: this one, or the one that it is a part of.</summary>
    public virtual PendingCall Whole => this;

    /// <summary>It is about to be handed over: makes <see cref="Record"/> what it is to be. Under the session's lock.</summary>
    public virtual void Seal()
    {
    }

    /// <summary>
    /// The record is applied. On the thread that applies: must not block. <paramref name="effects"/> and the spans of
    /// <paramref name="change"/> are valid during the call only.
    /// </summary>
    public abstract void Complete(in Change change, Outcome outcome, Effects effects);

    /// <summary>
    /// The record was withdrawn before the journal saw it (EINTR), was refused by the log and is not in it (EIO), or this session ends
    /// without knowing (EIO).
    /// </summary>
    public abstract void Abandon(Errno errno);

    /// <summary>
    /// A part of a Write that was too long for one record is applied: does what belongs to that, and answers nothing. As
    /// <see cref="Complete"/> otherwise.
    /// </summary>
    public virtual Errno ApplyPart(in Change part, Effects effects) => throw new InvalidOperationException("This call has no parts.");

    /// <summary>
    /// All parts of a Write are through: the first <paramref name="written"/> bytes are applied, and what came then failed with
    /// <paramref name="errno"/>.
    /// </summary>
    public virtual void CompleteParts(uint written, Errno errno) => throw new InvalidOperationException("This call has no parts.");
}
