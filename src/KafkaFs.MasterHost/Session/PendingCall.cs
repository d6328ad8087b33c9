using KafkaFs.Journal.Codec;
using KafkaFs.Posix;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.MasterHost.Session;

/// <summary>
/// A call that waits for its record: it is answered when the record is applied here, not when the journal has it. Exactly one of
/// <see cref="Complete"/> and <see cref="Abandon"/> is called, once.
/// </summary>
internal abstract class PendingCall
{
    /// <summary>The record's place in the session, from the handover on.</summary>
    public ulong Sequence { get; set; }

    /// <summary>The record; it never changes once handed over.</summary>
    public byte[] Record { get; set; } = [];

    /// <summary>When the record was handed over, for the journal's latency; a Stopwatch timestamp.</summary>
    public long HandedOverAt { get; set; }

    /// <summary>
    /// The record is applied. On the thread that applies: must not block. <paramref name="effects"/> and the spans of
    /// <paramref name="change"/> are valid during the call only.
    /// </summary>
    public abstract void Complete(in Change change, Outcome outcome, Effects effects);

    /// <summary>The record was withdrawn before the journal saw it (EINTR), or this session ends without knowing (EIO).</summary>
    public abstract void Abandon(Errno errno);
}
