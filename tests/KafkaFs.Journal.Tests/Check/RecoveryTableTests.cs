using KafkaFs.Journal.Check;
using KafkaFs.Journal.Contract;
using Xunit;

namespace KafkaFs.Journal.Tests.Check;

/// <summary>A test for each row of the table, and what holds for all of them.</summary>
public sealed class RecoveryTableTests
{
    private static readonly Guid s_filesystem = Guid.NewGuid();
    private static readonly JournalIdentity s_log = new("kafka", "cluster-a", "id-a");

    private static readonly KnownLog s_known = new()
    {
        Identity = s_log,
        Filesystem = s_filesystem,
        NextOffset = 10,
        TailHash = [1, 2, 3],
        LeaderEpoch = 4,
        MaxRecordBytes = 1_000_000,
    };

    private static readonly LogFacts s_ours = new()
    {
        Log = "topic 't'",
        Identity = s_log,
        PartitionCount = 1,
        Bounds = new JournalBounds(0, 12),
        Origin = new LogOrigin(s_filesystem, "FilesystemCreated"),
        TailHash = [1, 2, 3],
        NextFound = 10,
        LeaderEpoch = 4,
        MaxRecordBytes = 1_000_000,
        Settings = new TopicSettings { CleanupPolicy = "delete", Replicas = 3, MinInSync = 2, MaxMessageBytes = 1_048_588 },
    };

    [Fact]
    public void IdsEqualAndFirstNextEndInOrderAndTailEqual_Resumes()
    {
        Assert.Null(Judge(s_known, s_ours).Finding);
        Assert.Empty(Judge(s_known, s_ours).Warnings);
        Assert.Null(Judge(s_known, s_ours with { Bounds = new JournalBounds(0, 10), NextFound = null }).Finding);
    }

    [Fact]
    public void WhatWasNotFoundOutIsNoFinding() => Assert.Equal((null, 0), Of(Judge(s_known, new LogFacts())));

    [Fact]
    public void TopicMissing_Stalls() =>
        Found(LogRow.TopicMissing, LogVerdict.Stall, JournalRefusal.Missing, s_ours with { Exists = false }, "topic 't' does not exist; it is waited for");

    [Fact]
    public void ProviderDiffers_Refuses() => Found(
        LogRow.ProviderDiffers, LogVerdict.Refuse, JournalRefusal.Replaced, s_ours with { Identity = new JournalIdentity("embedded", "", "x") },
        "this replica follows a journal of kind kafka, not embedded");

    [Fact]
    public void ClusterIdDiffers_Refuses() => Found(
        LogRow.ClusterIdDiffers, LogVerdict.Refuse, JournalRefusal.Replaced, s_ours with { Identity = s_log with { Cluster = "cluster-b", Log = "id-b" } },
        "another cluster: this replica follows cluster cluster-a, the brokers of topic 't' belong to cluster-b; name the right brokers; `--accept-cluster cluster-b`");

    [Fact]
    public void ClusterIdDiffers_IsAcceptedByItsNameWithTheSameTail()
    {
        KnownLog accepting = s_known with { Accepted = new Acceptance(Cluster: "cluster-b") };
        LogFacts mirror = s_ours with { Identity = s_log with { Cluster = "cluster-b", Log = "id-b" } };
        Assert.Null(Judge(accepting, mirror).Finding);
        Assert.Equal(LogRow.ClusterIdDiffers, Judge(accepting, mirror with { Identity = mirror.Identity! with { Cluster = "cluster-c" } }).Finding?.Row);
        Assert.Equal(LogRow.TailDiffers, Judge(accepting, mirror with { TailHash = [9] }).Finding?.Row);
        Assert.Equal(LogRow.OtherFilesystem, Judge(accepting, mirror with { Origin = new LogOrigin(Guid.NewGuid(), "") }).Finding?.Row);
    }

    [Fact]
    public void TopicIdDiffers_Refuses() => Found(
        LogRow.TopicIdDiffers, LogVerdict.Refuse, JournalRefusal.Replaced, s_ours with { Identity = s_log with { Log = "id-b" } },
        "topic 't' was deleted and created again, or is another one: this replica follows id-a, found id-b; name the right one; `--accept-topic id-b`");

    [Fact]
    public void TopicIdDiffers_IsAcceptedByItsNameWithTheSameTail()
    {
        KnownLog accepting = s_known with { Accepted = new Acceptance(Topic: "id-b") };
        LogFacts other = s_ours with { Identity = s_log with { Log = "id-b" } };
        Assert.Null(Judge(accepting, other).Finding);
        Assert.Equal(LogRow.TopicIdDiffers, Judge(accepting, other with { Identity = s_log with { Log = "id-c" } }).Finding?.Row);
        Assert.Equal(LogRow.ClusterIdDiffers, Judge(accepting, other with { Identity = other.Identity! with { Cluster = "cluster-b" } }).Finding?.Row);
        Assert.Equal(LogRow.TailDiffers, Judge(accepting, other with { TailHash = [9] }).Finding?.Row);
        Assert.Equal(LogRow.EndsBefore, Judge(accepting, other with { Bounds = new JournalBounds(0, 9), TailHash = null }).Finding?.Row);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AcceptedUnproven_Refuses(bool isKnown)
    {
        KnownLog known = s_known with { Accepted = new Acceptance(Topic: "id-b"), TailHash = isKnown ? s_known.TailHash : null };
        LogFacts found = s_ours with { Identity = s_log with { Log = "id-b" }, TailHash = isKnown ? null : s_ours.TailHash };
        Found(known, LogRow.AcceptedUnproven, LogVerdict.Refuse, JournalRefusal.Replaced, found, "topic 't' (id-b) is accepted, but no record that was applied here");
    }

    [Fact]
    public void FileReplaced_Refuses() => Found(
        LogRow.FileReplaced, LogVerdict.Refuse, JournalRefusal.Replaced, s_ours with { IsFileReplaced = true }, "another file was put in the place of topic 't'");

    [Fact]
    public void PartitionCountChanged_Refuses() => Found(
        LogRow.PartitionCountChanged, LogVerdict.Refuse, JournalRefusal.Settings, s_ours with { PartitionCount = 2 }, "topic 't' has 2 partitions, and a journal has 1");

    [Theory]
    [InlineData("compact")]
    [InlineData("compact,delete")]
    public void Compaction_Refuses(string policy) => Found(
        LogRow.Compaction, LogVerdict.Refuse, JournalRefusal.Settings, With(s_ours.Settings! with { CleanupPolicy = policy }),
        $"topic 't' has cleanup.policy={policy}: compaction deletes history; set it to delete");

    [Fact]
    public void FiniteRetention_Refuses() => Found(
        LogRow.FiniteRetention, LogVerdict.Refuse, JournalRefusal.Settings, With(s_ours.Settings! with { FiniteRetention = "retention.ms=1000" }),
        "topic 't' has retention.ms=1000: old records vanish");

    [Theory]
    [InlineData(65_535, true)]
    [InlineData(65_536, false)]
    public void MessagesTooShort_RefusesBelow64KiB(int max, bool refuses)
    {
        LogFacts found = With(s_ours.Settings! with { MaxMessageBytes = max });
        Assert.Equal(refuses, Judge(s_known, found).Refuses);
        if (refuses)
        {
            Found(LogRow.MessagesTooShort, LogVerdict.Refuse, JournalRefusal.Settings, found, "topic 't' has max.message.bytes=65535: a journal needs 65536");
        }
    }

    [Fact]
    public void EndsBefore_Refuses() => Found(
        LogRow.EndsBefore, LogVerdict.Refuse, JournalRefusal.Truncated, s_ours with { Bounds = new JournalBounds(0, 9), TailHash = null, NextFound = null },
        "topic 't' ends at 9, this replica is at 10: truncated or restored");

    [Fact]
    public void TailDiffers_Refuses() => Found(
        LogRow.TailDiffers, LogVerdict.Refuse, JournalRefusal.Replaced, s_ours with { TailHash = [9] }, "record 9 of topic 't' is another than the one");

    [Fact]
    public void TailDiffers_AlsoIfTheLogHasNoSuchRecord() => Assert.Equal(LogRow.TailDiffers, Judge(s_known, s_ours with { TailHash = [] }).Finding?.Row);

    [Fact]
    public void LeaderEpochBelow_IsNoVerdictAndTheTailDecides()
    {
        LogFacts below = s_ours with { LeaderEpoch = 3 };
        Found(LogRow.LeaderEpochBelow, LogVerdict.LookAtTail, default, below with { TailHash = null }, "the leader epoch of topic 't' is 3, 4 was seen");
        Assert.Null(Judge(s_known, below).Finding);
        Assert.Equal(LogRow.TailDiffers, Judge(s_known, below with { TailHash = [9] }).Finding?.Row);
    }

    [Fact]
    public void RecordsDeleted_Refuses() => Found(
        LogRow.RecordsDeleted, LogVerdict.Refuse, JournalRefusal.Deleted, s_ours with { Bounds = new JournalBounds(11, 12), Origin = null, TailHash = null, NextFound = null },
        "records 10..10 of topic 't' are deleted");

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    public void StartDeleted_ResumesWithAnError(long first) => Warned(
        LogRow.StartDeleted, LogVerdict.WarnOfLoss, s_ours with { Bounds = new JournalBounds(first, 12), Origin = null },
        $"records 0..{first - 1} of topic 't' are deleted: new replicas cannot be built without a snapshot");

    [Fact]
    public void NotAJournal_Refuses() => Found(
        LogRow.NotAJournal, LogVerdict.Refuse, JournalRefusal.NotAJournal, s_ours with { Origin = new LogOrigin(null, "Mkdir") },
        "topic 't' is not a KafkaFS journal: its first record is Mkdir, not FilesystemCreated");

    [Fact]
    public void OtherFilesystem_Refuses()
    {
        Guid other = Guid.NewGuid();
        Found(LogRow.OtherFilesystem, LogVerdict.Refuse, JournalRefusal.Replaced, s_ours with { Origin = new LogOrigin(other, "") },
            $"topic 't' holds filesystem {other}, this replica is of {s_filesystem}");
        Assert.Null(Judge(new KnownLog(), s_ours with { Origin = new LogOrigin(other, ""), TailHash = null, NextFound = 0 }).Finding);
    }

    [Fact]
    public void OffsetsMissing_RefusesButForTheGapThatIsAccepted()
    {
        LogFacts gap = s_ours with { NextFound = 12 };
        Found(LogRow.OffsetsMissing, LogVerdict.Refuse, JournalRefusal.Gap, gap, "offsets 10..11 are missing in topic 't': compaction or a transactional writer");
        Assert.Contains("`--accept-gap 10..11`", Judge(s_known, gap).Finding!.Words, StringComparison.Ordinal);
        Assert.Null(Judge(s_known with { Accepted = new Acceptance(Gap: new OffsetGap(10, 11)) }, gap).Finding);
        Assert.Equal(LogRow.OffsetsMissing, Judge(s_known with { Accepted = new Acceptance(Gap: new OffsetGap(10, 12)) }, gap).Finding?.Row);
    }

    [Fact]
    public void NothingDelivered_IsLookedAt()
    {
        LogFacts silent = s_ours with { IsSilent = true, NextFound = null, TailHash = null };
        Found(LogRow.NothingDelivered, LogVerdict.LookAtTail, default, silent, "topic 't' ends at 12, this replica is at 10, and nothing is delivered");
        Assert.Null(Judge(s_known, silent with { NextFound = 10 }).Finding);
    }

    [Fact]
    public void NothingDelivered_MakesANewReaderAlsoWhereTheLeaderEpochIsBelow() => Assert.Equal(
        LogRow.NothingDelivered, Judge(s_known, s_ours with { IsSilent = true, NextFound = null, TailHash = null, LeaderEpoch = 3 }).Finding?.Row);

    [Fact]
    public void UncleanElection_Warns() => Warned(
        LogRow.UncleanElection, LogVerdict.Warn, With(s_ours.Settings! with { UncleanElection = true }), "unclean.leader.election.enable=true: acknowledged records can be lost");

    [Fact]
    public void FewInSync_WarnsWithThreeReplicas()
    {
        Warned(LogRow.FewInSync, LogVerdict.Warn, With(s_ours.Settings! with { MinInSync = 1 }), "min.insync.replicas=1: acknowledged records may be on one broker only");
        Assert.DoesNotContain(Judge(s_known, With(s_ours.Settings! with { MinInSync = 1, Replicas = 2 })).Warnings, warning => warning.Row == LogRow.FewInSync);
    }

    [Fact]
    public void FewReplicas_WarnsUnlessEachRecordIsFlushed()
    {
        Warned(LogRow.FewReplicas, LogVerdict.Warn, With(s_ours.Settings! with { Replicas = 1 }), "topic 't' has 1 replicas without flush.messages=1: what was acknowledged last is lost");
        Assert.Empty(Judge(s_known, With(s_ours.Settings! with { Replicas = 1, FlushesEach = true })).Warnings);
    }

    [Fact]
    public void CreateTime_Warns() =>
        Warned(LogRow.CreateTime, LogVerdict.Warn, With(s_ours.Settings! with { IsCreateTime = true }), "message.timestamp.type=CreateTime: a master whose clock is off");

    [Fact]
    public void MessageLimitLowered_Warns() => Warned(
        LogRow.MessageLimitLowered, LogVerdict.Warn, s_ours with { MaxRecordBytes = 500_000 }, "takes records of 500000 bytes now, 1000000 before: longer writes are split");

    [Fact]
    public void SettingsUnverified_Warns() => Warned(
        LogRow.SettingsUnverified, LogVerdict.Warn, s_ours with { Settings = null, AreSettingsDenied = true }, "settings of topic 't' unverified: DescribeConfigs is denied");

    [Fact]
    public void TreeAheadOfLog_HasItsWordsHere() => Assert.Equal(
        (LogVerdict.Refuse, JournalRefusal.TreeAheadOfLog, true),
        Of(RecoveryTable.Met(LogRow.TreeAheadOfLog, ("log", "the journal"), ("end", 5), ("what", "it was about to hold record 7")), "the tree is ahead of the journal, which ends at 5: it was"));

    [Fact]
    public void TreeHoldsAnotherRecord_HasItsWordsHere() => Assert.Equal(
        (LogVerdict.Refuse, JournalRefusal.TreeAheadOfLog, true),
        Of(RecoveryTable.Met(LogRow.TreeHoldsAnotherRecord, ("offset", 7)), "record 7 is another than the one that this replica was about to apply"));

    [Fact]
    public void RecordRepeated_HasItsWordsHere() => Assert.Equal(
        (LogVerdict.Refuse, JournalRefusal.Replaced, true),
        Of(RecoveryTable.Met(LogRow.RecordRepeated, ("log", "topic 't'"), ("offset", 7), ("next", 9)), "topic 't' gives record 7 where 9 is next: it was restored or created again"));

    [Fact]
    public void FormatRaised_HasItsWordsHere() => Assert.Equal(
        (LogVerdict.Refuse, JournalRefusal.FormatTooNew, true),
        Of(RecoveryTable.Met(LogRow.FormatRaised, ("offset", 7), ("level", 3), ("known-level", 1)), "record 7 raises the journal to format level 3; this software knows level 1"));

    [Fact]
    public void EveryRowHasATestThatCarriesItsName()
    {
        string[] tests = [.. typeof(RecoveryTableTests).GetMethods().Select(method => method.Name)];
        Assert.All(Enum.GetNames<LogRow>(), row => Assert.Contains(tests, test => test.StartsWith(row + "_", StringComparison.Ordinal)));
        Assert.Equal(Enum.GetValues<LogRow>().Order(), RecoveryTable.Rows.Select(row => row.Row).Order());
    }

    [Theory]
    [InlineData("3..5", 3, 5)]
    [InlineData("7", 7, 7)]
    [InlineData("5..3", -1, -1)]
    [InlineData("a..5", -1, -1)]
    [InlineData("1..2..3", -1, -1)]
    [InlineData("-1..2", -1, -1)]
    public void AGapIsReadAsItIsWritten(string text, long first, long last)
    {
        OffsetGap? gap = OffsetGap.Parse(text);
        Assert.Equal(first < 0 ? null : new OffsetGap(first, last), gap);
        Assert.Equal(gap, OffsetGap.Parse(gap?.ToString() ?? "none"));
    }

    private static LogFacts With(TopicSettings settings) => s_ours with { Settings = settings };

    private static LogJudgement Judge(KnownLog known, LogFacts found) => RecoveryTable.Judge(known, found);

    private static (LogFinding? Finding, int Warnings) Of(LogJudgement judgement) => (judgement.Finding, judgement.Warnings.Count);

    private static (LogVerdict Verdict, JournalRefusal Refusal, bool HasWords) Of(LogFinding finding, string words) =>
        (finding.Verdict, finding.Refusal, finding.Words.StartsWith(words, StringComparison.Ordinal));

    private static void Found(LogRow row, LogVerdict verdict, JournalRefusal refusal, LogFacts found, string words) =>
        Found(s_known, row, verdict, refusal, found, words);

    private static void Found(KnownLog known, LogRow row, LogVerdict verdict, JournalRefusal refusal, LogFacts found, string words)
    {
        LogFinding? finding = Judge(known, found).Finding;
        Assert.Equal((row, verdict, refusal), (finding?.Row, finding?.Verdict, finding?.Refusal));
        Assert.StartsWith(words, finding!.Words, StringComparison.Ordinal);
        Assert.DoesNotContain("{", finding.Words, StringComparison.Ordinal);
        Assert.Equal(finding.Words, finding.ToException().Message);
    }

    private static void Warned(LogRow row, LogVerdict verdict, LogFacts found, string words)
    {
        LogJudgement judgement = Judge(s_known, found);
        Assert.Null(judgement.Finding);
        LogFinding warning = Assert.Single(judgement.Warnings);
        Assert.Equal((row, verdict), (warning.Row, warning.Verdict));
        Assert.Contains(words, warning.Words, StringComparison.Ordinal);
    }
}
