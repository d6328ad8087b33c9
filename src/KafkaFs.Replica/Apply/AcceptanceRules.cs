using KafkaFs.Journal.Check;
using KafkaFs.Journal.Codec;
using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.Replica.Apply;

/// <summary>What no replica may go past, whether it applies a record or redoes it.</summary>
internal static class AcceptanceRules
{
    /// <summary>
    /// Throws <see cref="JournalRefusedException"/>, before the record takes effect, if it shows that the log is no journal, or needs
    /// newer software: the replica stands at this record, and newer software goes on from there.
    /// </summary>
    public static void Require(in Change change, Outcome outcome, string? defect, long offset)
    {
        if (offset == 0 && (change.Kind != ChangeKind.FilesystemCreated || !outcome.IsAccepted))
        {
            LogOrigin origin = new(null, defect ?? change.Kind.ToString());
            throw RecoveryTable.Judge(new KnownLog(), new LogFacts { Origin = origin }).Finding!.ToException();
        }

        if (change.Kind == ChangeKind.FormatRaised && outcome.IsAccepted && change.NewLevel > ChangeCodec.Level)
        {
            throw RecoveryTable.Met(LogRow.FormatRaised, ("offset", offset), ("level", change.NewLevel), ("known-level", ChangeCodec.Level)).ToException();
        }
    }
}
