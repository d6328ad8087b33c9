using System.Globalization;
using KafkaFs.Journal.Contract;
using static KafkaFs.Journal.Check.LogRow;
using static KafkaFs.Journal.Check.LogVerdict;

namespace KafkaFs.Journal.Check;

/// <summary>
/// Is this our log? The one place where that is decided: from what a replica knows and what was found, pure. Of the rows that apply the first one
/// that is no warning is the finding. A fact that was not found out is no finding. docs/operations.md has the same rows and words.
/// </summary>
public static class RecoveryTable
{
    /// <summary>Topics that take shorter records are refused, bytes: a Write is at least 4 KiB, and names and attributes of any length have to fit.</summary>
    public const int LeastMaxMessageBytes = 65_536;

    /// <summary>The way back from most refusals.</summary>
    public const string Rejoin = "`kafkafs rejoin --from-log` builds it anew from the journal and keeps the old tree aside";

    private const string Restored = "bring the log back that was followed, or " + Rejoin;

    private static readonly Row[] s_rows =
    [
        new(TopicMissing, Stall, JournalRefusal.Missing, (known, found) => !found.Exists,
            "{log} does not exist", "it is waited for: start a master first, bring it back, or correct the name"),
        new(ProviderDiffers, Refuse, JournalRefusal.Replaced, (known, found) => Differ(known.Identity?.Provider, found.Identity?.Provider),
            "this replica follows a journal of kind {known-provider}, not {provider}", "name the journal that it was made from, or another data root"),
        new(ClusterIdDiffers, Refuse, JournalRefusal.Replaced, (known, found) => IsOtherCluster(known, found) && known.Accepted.Cluster != found.Identity?.Cluster,
            "another cluster: this replica follows cluster {known-cluster}, the brokers of {log} belong to {cluster}",
            "name the right brokers; `--accept-cluster {cluster}` if that one is a mirror that keeps offsets; else " + Rejoin),
        new(TopicIdDiffers, Refuse, JournalRefusal.Replaced, (known, found) => IsOtherLog(known, found) && known.Accepted.Topic != found.Identity?.Log,
            "{log} was deleted and created again, or is another one: this replica follows {known-id}, found {id}",
            "name the right one; `--accept-topic {id}` if it has the same records; else " + Rejoin),
        new(FileReplaced, Refuse, JournalRefusal.Replaced, (known, found) => found.IsFileReplaced,
            "another file was put in the place of {log} while it was in use", "start again: the next start tells whether it is the same log"),
        new(PartitionCountChanged, Refuse, JournalRefusal.Settings, (known, found) => found.PartitionCount is not (null or 1),
            "{log} has {partitions} partitions, and a journal has 1", "name another topic; `kafkafs rejoin --adopt` seeds a new one from a tree"),
        new(Compaction, Refuse, JournalRefusal.Settings, (known, found) => found.Settings?.CleanupPolicy?.Contains("compact", StringComparison.Ordinal) == true,
            "{log} has cleanup.policy={policy}: compaction deletes history", "set it to delete, and start again"),
        new(FiniteRetention, Refuse, JournalRefusal.Settings, (known, found) => found.Settings?.FiniteRetention is not null,
            "{log} has {retention}: old records vanish and no new replica can be built", "set it to -1, or accept finite retention by configuration"),
        new(MessagesTooShort, Refuse, JournalRefusal.Settings, (known, found) => found.Settings?.MaxMessageBytes < LeastMaxMessageBytes,
            "{log} has max.message.bytes={max-message}: a journal needs 65536 at least", "raise it; it works well from 1048576 on"),
        new(EndsBefore, Refuse, JournalRefusal.Truncated, (known, found) => found.Bounds?.Next < known.NextOffset,
            "{log} ends at {end}, this replica is at {next}: truncated or restored", Restored),
        new(RecordsDeleted, Refuse, JournalRefusal.Deleted, (known, found) => found.Bounds?.First > known.NextOffset,
            "records {next}..{before-first} of {log} are deleted, and this replica needs them", "`kafkafs rejoin --adopt` on a replica that has them seeds a new journal"),
        new(NotAJournal, Refuse, JournalRefusal.NotAJournal, (known, found) => found.Origin is { Filesystem: null },
            "{log} is not a KafkaFS journal: its first record is {origin}, not FilesystemCreated", "name another topic or file"),
        new(OtherFilesystem, Refuse, JournalRefusal.Replaced, (known, found) => known.Filesystem != Guid.Empty && found.Origin?.Filesystem is Guid uuid && uuid != known.Filesystem,
            "{log} holds filesystem {filesystem}, this replica is of {known-filesystem}", "name the right one, or " + Rejoin),
        new(TailDiffers, Refuse, JournalRefusal.Replaced, (known, found) => known.TailHash is byte[] hash && found.TailHash is byte[] tail && !tail.AsSpan().SequenceEqual(hash),
            "record {last} of {log} is another than the one that this replica applied: the journal's history was rewritten", Restored),
        new(AcceptedUnproven, Refuse, JournalRefusal.Replaced, (known, found) => (IsOtherCluster(known, found) || IsOtherLog(known, found)) && !IsProven(known, found),
            "{log} ({id}) is accepted, but no record that was applied here, which only the same log has, can be compared", Rejoin),
        new(OffsetsMissing, Refuse, JournalRefusal.Gap, (known, found) => found.NextFound > known.NextOffset && known.Accepted.Gap != Missing(known, found),
            "offsets {gap} are missing in {log}: compaction or a transactional writer", "find out who writes there; `--accept-gap {gap}` goes on after them"),
        new(NothingDelivered, LookAtTail, default, (known, found) => found.IsSilent && found.NextFound is null,
            "{log} ends at {end}, this replica is at {next}, and nothing is delivered", "nothing: a new consumer is made, and the log is checked"),
        new(LeaderEpochBelow, LookAtTail, default, (known, found) => found.LeaderEpoch < known.LeaderEpoch && found.TailHash is null,
            "the leader epoch of {log} is {epoch}, {known-epoch} was seen", "nothing: the record before the next one is compared"),
        new(StartDeleted, WarnOfLoss, default, (known, found) => found.Bounds is { First: > 0 } bounds && bounds.First <= known.NextOffset,
            "records 0..{before-first} of {log} are deleted: new replicas cannot be built without a snapshot", "stop the deletion; `kafkafs rejoin --adopt` seeds a new journal from a tree"),
        new(UncleanElection, Warn, default, (known, found) => found.Settings?.UncleanElection == true,
            "{log} has unclean.leader.election.enable=true: acknowledged records can be lost at a failover", "set it to false"),
        new(FewInSync, Warn, default, (known, found) => found.Settings is { Replicas: >= 3, MinInSync: < 2 },
            "{log} has min.insync.replicas={in-sync}: acknowledged records may be on one broker only", "set it to 2"),
        new(FewReplicas, Warn, default, (known, found) => found.Settings is { Replicas: < 3, FlushesEach: false },
            "{log} has {replicas} replicas without flush.messages=1: what was acknowledged last is lost if the power fails where they are, since Kafka does not fsync",
            "three brokers in separate places, or flush.messages=1 (slow)"),
        new(CreateTime, Warn, default, (known, found) => found.Settings?.IsCreateTime == true,
            "{log} has message.timestamp.type=CreateTime: a master whose clock is off is refused by the broker", "set it to LogAppendTime"),
        new(MessageLimitLowered, Warn, default, (known, found) => found.MaxRecordBytes < known.MaxRecordBytes,
            "{log} takes records of {max-record} bytes now, {known-max-record} before: longer writes are split", "raise max.message.bytes again, and start again"),
        new(SettingsUnverified, Warn, default, (known, found) => found.AreSettingsDenied,
            "settings of {log} unverified: DescribeConfigs is denied", "grant DescribeConfigs on the topic"),

        // Met elsewhere, where records are read and applied; the words are these.
        new(TreeAheadOfLog, Refuse, JournalRefusal.TreeAheadOfLog, null,
            "the tree is ahead of {log}, which ends at {end}: {what}; truncated, or restored from an older copy", Restored),
        new(TreeHoldsAnotherRecord, Refuse, JournalRefusal.TreeAheadOfLog, null,
            "record {offset} is another than the one that this replica was about to apply: the journal's history was rewritten", Restored),
        new(RecordRepeated, Refuse, JournalRefusal.Replaced, null,
            "{log} gives record {offset} where {next} is next: it was restored or created again", Restored),
        new(FormatRaised, Refuse, JournalRefusal.FormatTooNew, null,
            "record {offset} raises the journal to format level {level}; this software knows level {known-level}", "install a newer one"),
    ];

    private delegate bool Condition(KnownLog known, LogFacts found);

    /// <summary>The rows with their words (names in braces stand for what is found) and what to do; for documentation.</summary>
    public static IEnumerable<(LogRow Row, LogVerdict Verdict, string Words, string Advice)> Rows =>
        s_rows.Select(row => (row.Name, row.Verdict, row.Words, row.Advice));

    /// <summary>What follows from what was found.</summary>
    public static LogJudgement Judge(KnownLog known, LogFacts found)
    {
        LogFinding[] all = [.. s_rows.Where(row => row.Applies?.Invoke(known, found) == true).Select(row => Find(row, name => Value(name, known, found)))];
        return new LogJudgement(
            all.FirstOrDefault(finding => finding.Verdict > WarnOfLoss), [.. all.Where(finding => finding.Verdict <= WarnOfLoss)]);
    }

    /// <summary>A row that was met where records are read or applied; <paramref name="values"/> are what its words name.</summary>
    public static LogFinding Met(LogRow row, params (string Name, object Value)[] values) => Find(
        s_rows.Single(candidate => candidate.Name == row),
        name => string.Create(CultureInfo.InvariantCulture, $"{values.Single(value => value.Name == name).Value}"));

    private static bool Differ(string? known, string? found) => known is not null && found is not null && known != found;

    private static bool IsOtherCluster(KnownLog known, LogFacts found) => Differ(known.Identity?.Cluster, found.Identity?.Cluster);

    // A topic of another cluster has another id in any case.
    private static bool IsOtherLog(KnownLog known, LogFacts found) => !IsOtherCluster(known, found) && Differ(known.Identity?.Log, found.Identity?.Log);

    private static bool IsProven(KnownLog known, LogFacts found) => known.TailHash is { Length: > 0 } && found.TailHash is { Length: > 0 };

    private static OffsetGap Missing(KnownLog known, LogFacts found) => new(known.NextOffset, (found.NextFound ?? 0) - 1);

    private static LogFinding Find(Row row, Func<string, string> value) =>
        new(row.Name, row.Verdict, row.Refusal, Fill(row.Verdict > WarnOfLoss ? $"{row.Words}; {row.Advice}" : row.Words, value));

    private static string Fill(string words, Func<string, string> value)
    {
        for (int start = words.IndexOf('{', StringComparison.Ordinal); start >= 0;)
        {
            int end = words.IndexOf('}', start);
            string filled = value(words[(start + 1)..end]);
            words = words[..start] + filled + words[(end + 1)..];
            start = words.IndexOf('{', start + filled.Length);
        }

        return words;
    }

    private static string Value(string name, KnownLog known, LogFacts found) => string.Create(CultureInfo.InvariantCulture, $"{Object(name, known, found)}");

    private static object? Object(string name, KnownLog known, LogFacts found) => name switch
    {
        "log" => found.Log,
        "provider" => found.Identity?.Provider,
        "known-provider" => known.Identity?.Provider,
        "cluster" => found.Identity?.Cluster,
        "known-cluster" => known.Identity?.Cluster,
        "id" => found.Identity?.Log,
        "known-id" => known.Identity?.Log,
        "partitions" => found.PartitionCount,
        "policy" => found.Settings?.CleanupPolicy,
        "retention" => found.Settings?.FiniteRetention,
        "max-message" => found.Settings?.MaxMessageBytes,
        "in-sync" => found.Settings?.MinInSync,
        "replicas" => found.Settings?.Replicas,
        "end" => found.Bounds?.Next,
        "before-first" => found.Bounds?.First - 1,
        "next" => known.NextOffset,
        "last" => known.NextOffset - 1,
        "origin" => found.Origin?.Found,
        "filesystem" => found.Origin?.Filesystem,
        "known-filesystem" => known.Filesystem,
        "gap" => Missing(known, found),
        "epoch" => found.LeaderEpoch,
        "known-epoch" => known.LeaderEpoch,
        "max-record" => found.MaxRecordBytes,
        "known-max-record" => known.MaxRecordBytes,
        _ => throw new InvalidOperationException($"A row names {{{name}}}, which is nothing that is found."),
    };

    /// <summary>A row of the table: what it is called, what follows, when it applies, what was found, and what to do.</summary>
    private sealed record Row(LogRow Name, LogVerdict Verdict, JournalRefusal Refusal, Condition? Applies, string Words, string Advice);
}
