using KafkaFs.Journal.Codec;

namespace KafkaFs.Replica.Rejoin;

/// <summary>
/// What the records of a new journal have beside the tree. Kept in the mark of an import: the same tree gives the same bytes again, so that an
/// interrupted one goes on in its journal.
/// </summary>
/// <param name="Filesystem">UUID of the filesystem.</param>
/// <param name="Master">The master of the only session.</param>
/// <param name="Session">UUID of its start.</param>
/// <param name="TimeNs">Time of all records, nanoseconds since 1970.</param>
internal sealed record SeedStamp(Guid Filesystem, Guid Master, Guid Session, long TimeNs)
{
    public static SeedStamp New(TimeProvider clock) => new(Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), ChangeHeader.NowNs(clock));
}
