using KafkaFs.Journal.Check;
using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Tree;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Journal;
using KafkaFs.TestKit.Processes;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace KafkaFs.Replica.Tests;

/// <summary>A replica's openings: clean, killed, killed again, copied, and with a journal that is not what it was.</summary>
public sealed class LocalReplicaTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("/var/tmp");
    private readonly VolatileJournal _journal = new();
    private readonly RecordWriter _writer = new(Guid.NewGuid(), Guid.NewGuid());

    private string Root => _folder["root"];

    private string Own => _folder["root/.kafkafs"];

    public LocalReplicaTests()
    {
        _journal.Land(_writer.FilesystemCreated());
        _journal.Land(_writer.SessionStarted());
        _journal.Land(_writer.Mkdir("first"));
    }

    [Fact]
    public void ACleanStopResumesFromTheCheckpoint()
    {
        Run(3);
        _journal.Land(_writer.Mkdir("second"));
        using LocalReplica replica = Open();
        Assert.Equal(3, replica.Applier.NextOffset);
        Follow(replica, 4);
        Assert.True(Directory.Exists(_folder["root/first"]));
        Assert.True(Directory.Exists(_folder["root/second"]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TheLeaderEpochOfACheckpointNeverGoesBack(bool clean)
    {
        _journal.LeaderEpoch = 7;
        Run(3);

        // A master reads none of its own records, and sees no epoch in this run.
        _journal.LeaderEpoch = -1;
        _journal.Land(_writer.Mkdir("second"));
        Run(4, clean);
        using LocalReplica replica = Open();
        Assert.Equal(7, replica.Know(withTail: false).LeaderEpoch);
    }

    // So that a lowered one is warned of as long as it is lower, whoever asks first.
    [Fact]
    public void TheLimitOfRecordsThatIsKnownIsTheOneOfTheOpening()
    {
        using LocalReplica replica = Open();
        int opened = _journal.MaxRecordBytes;
        _journal.MaxRecordBytes = 100_000;
        Assert.Equal(opened, replica.Know(withTail: false).MaxRecordBytes);
    }

    [Fact]
    public void AFindingThatChangesFromLookToLookIsNoVerdict()
    {
        _journal.Findings.Enqueue(new LogFacts { PartitionCount = 2 });
        _journal.Findings.Enqueue(new LogFacts { IsFileReplaced = true });
        Open().Dispose();

        _journal.Findings.Enqueue(new LogFacts { PartitionCount = 2 });
        _journal.Findings.Enqueue(new LogFacts { PartitionCount = 2 });
        Assert.Throws<JournalRefusedException>(() => Open());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AStartWaitsForAJournalThatDoesNotAnswer(bool clean)
    {
        Run(3, clean);
        _journal.NoAnswer = new JournalUnavailableException("no leader");
        List<string> waits = [];
        using LocalReplica replica = Open(onStalled: words =>
        {
            waits.Add(words);
            _journal.NoAnswer = waits.Count == 2 ? null : _journal.NoAnswer;
        });
        Assert.Equal(["no leader", "no leader"], waits);
        Assert.Equal(3, replica.Applier.NextOffset);
    }

    [Fact]
    public void AfterACleanStopAReplicaOpensWithoutItsJournalIfAskedToAndFollowsOnceThatIsChecked()
    {
        Run(3);
        _journal.NoAnswer = new JournalUnavailableException("no broker");
        using LocalReplica replica = Open(opensUnchecked: true);
        Assert.Equal((true, 3, 2), (replica.IsUnchecked, replica.Applier.NextOffset, replica.Namespace.InodeCount));
        Assert.Throws<InvalidOperationException>(() => replica.Follow(default));
        KnownLog known = replica.Know(withTail: true);
        Assert.Equal((_journal.Identity, 3, 32), (known.Identity, known.NextOffset, known.TailHash?.Length));
        replica.Close();
        Assert.True(File.Exists($"{Own}/clean"));
        replica.OnChecked();
        Follow(replica, 3);
    }

    // Answered changes may be missing here, and what is accepted is proven by the journal alone.
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void AfterACrashOrWithAnAcceptanceTheJournalIsWaitedForAllTheSame(bool clean, bool accepts)
    {
        Run(3, clean);
        _journal.NoAnswer = new JournalUnavailableException("no broker");
        List<string> waits = [];
        using LocalReplica replica = Open(opensUnchecked: true, accepted: accepts ? new Acceptance(_journal.Identity.Log, null, null) : Acceptance.None, onStalled: words =>
        {
            waits.Add(words);
            _journal.NoAnswer = null;
        });
        Assert.Equal(["no broker"], waits);
        Assert.False(replica.IsUnchecked);
    }

    [Fact]
    public void G7_ACopiedDataRootIsRefusedAlsoWithoutItsJournal()
    {
        Run(3);
        ToolProcess.Run("cp", ["-a", Root, _folder["copy"]]);
        _journal.NoAnswer = new JournalUnavailableException("no broker");
        Assert.Equal(DataRootProblem.TreeDamaged, Assert.Throws<DataRootException>(() => Open(_folder["copy"], opensUnchecked: true)).Problem);
    }

    [Fact]
    public void AStartThatLacksARightEndsByItsName()
    {
        JournalRefusedException denied = new(JournalRefusal.Forbidden, "no right to read");
        _journal.NoAnswer = new JournalUnavailableException(denied.Message, denied);
        JournalRefusedException refused = Assert.Throws<JournalRefusedException>(() => Open());
        Assert.Equal((JournalRefusal.Forbidden, "no right to read"), (refused.Refusal, refused.Message));
    }

    [Fact]
    public void OnlyWhoAsksForItGetsTheHashOfTheLastRecord()
    {
        Run(3);
        using LocalReplica replica = Open();
        Assert.Null(replica.Know(withTail: false).TailHash);
        Assert.Equal(32, replica.Know(withTail: true).TailHash?.Length);
    }

    [Fact]
    public void AKilledReplicaRecoversToTheEndOfTheLog()
    {
        Run(3, close: false);
        _journal.Land(_writer.Mkdir("second"));
        using LocalReplica replica = Open();
        Assert.Equal(4, replica.Applier.NextOffset);
        Assert.Equal(["first", "second"], Directory.GetDirectories(Root, "*d").Concat(Directory.GetDirectories(Root, "*t")).Select(Path.GetFileName).Order());
        Assert.Empty(Directory.GetFileSystemEntries($"{Own}/limbo"));
        Assert.False(File.Exists($"{Own}/target"));
    }

    [Fact]
    public void AReplicaThatIsKilledAgainAndAgainEndsAtOnePlace()
    {
        Run(3, close: false);
        Run(3, close: false, applies: false);
        Run(3, close: false, applies: false);
        Run(3, applies: false);
        using LocalReplica replica = Open();
        Assert.Equal(3, replica.Applier.NextOffset);
        Assert.True(Directory.Exists(_folder["root/first"]));
    }

    [Fact]
    public void AReplicaThatAppliesNothingKeepsItsCheckpointAlsoIfItIsKilled()
    {
        Run(3);
        Open().Dispose();
        using LocalReplica replica = Open();
        Assert.Equal(3, replica.Applier.NextOffset);
    }

    [Fact]
    public void TheMarkOfTheCleanStopIsGoneBeforeTheFirstChange()
    {
        Run(3);
        Assert.True(File.Exists($"{Own}/clean"));
        _journal.Land(_writer.Mkdir("second"));
        Run(4, close: false);
        Assert.False(File.Exists($"{Own}/clean"));
    }

    [Fact]
    public void G7_ACopiedDataRootIsRefusedSinceItsCheckpointNamesTheOriginalsObjects()
    {
        Run(3);
        ToolProcess.Run("cp", ["-a", Root, _folder["copy"]]);
        DataRootException refused = Assert.Throws<DataRootException>(() => Open(_folder["copy"]));
        Assert.Equal(DataRootProblem.TreeDamaged, refused.Problem);
        Assert.Contains("kafkafs rejoin --from-log", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void G4_ATreeAheadOfTheLogIsRefused()
    {
        Run(3);
        _journal.Land(_writer.Mkdir("second"));
        Run(4, close: false);
        _journal.Truncate(3);
        Assert.Equal(JournalRefusal.TreeAheadOfLog, Assert.Throws<JournalRefusedException>(() => Open()).Refusal);
        _journal.Land(_writer.Mkdir("another"));
        Assert.Equal(JournalRefusal.TreeAheadOfLog, Assert.Throws<JournalRefusedException>(() => Open()).Refusal);
        Assert.True(Directory.Exists(_folder["root/second"]));
    }

    [Fact]
    public void ATreeWithoutItsCheckpointIsRefused()
    {
        Run(3);
        File.Delete($"{Own}/index.db");
        Assert.Equal(DataRootProblem.TreeDamaged, Assert.Throws<DataRootException>(() => Open()).Problem);
    }

    [Fact]
    public void ATreeThatLacksWhatItsCheckpointHeldIsRefused()
    {
        Run(3);
        _journal.Land(_writer.Mkdir("below", _writer.Last));
        Run(4, close: false);
        Directory.Delete(_folder["root/first"], recursive: true);
        DataRootException refused = Assert.Throws<DataRootException>(() => Open());
        Assert.Equal(DataRootProblem.TreeDamaged, refused.Problem);
        Assert.Contains("'first'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("kafkafs repair", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NoRecordAtTheHorizonIsAppliedBeforeTheNextCheckpoint()
    {
        _journal.Land(_writer.Mkdir("second"));
        using (LocalReplica replica = Open(checkpointRecords: 3))
        {
            JournalBatch batch = Read(0);
            Assert.Equal(3, replica.Applier.ApplyNow(batch, 0));
            Assert.Equal(3, replica.Applier.ApplyNow(batch, 3));
            Assert.True(replica.Checkpoints.Begin());
            replica.Checkpoints.Sync();
            Assert.Equal(3, replica.Applier.ApplyNow(batch, 3));
            Assert.True(replica.Checkpoints.TryCommit());
            Assert.Equal(4, replica.Applier.ApplyNow(batch, 3));
        }

        using LocalReplica again = Open(checkpointRecords: 3);
        Assert.Equal(4, again.Applier.NextOffset);
    }

    [Fact]
    public void G4_AJournalThatLostWhatTheLastCheckpointHadDoesNotReplaceAKilledTree()
    {
        _journal.Land(_writer.Mkdir("second"));
        Run(4);
        _journal.Land(_writer.Mkdir("third"));
        Run(5, close: false);
        _journal.Truncate(3);
        Assert.Equal(JournalRefusal.Truncated, Assert.Throws<JournalRefusedException>(() => Open()).Refusal);
        Assert.True(Directory.Exists(_folder["root/third"]));
    }

    [Fact]
    public void G4_AnotherRecordAtTheCheckpointIsRefused()
    {
        Run(3);
        _journal.Truncate(2);
        _journal.Land(_writer.Mkdir("another"));
        Assert.Equal(JournalRefusal.Replaced, Assert.Throws<JournalRefusedException>(() => Open()).Refusal);
    }

    [Fact]
    public void AJournalOfSomethingElseBindsNothing()
    {
        _journal.Truncate(0);
        using (LocalReplica replica = Open())
        {
            _journal.Land([1, 2, 3]);
            Assert.Equal(JournalRefusal.NotAJournal, Assert.Throws<JournalRefusedException>(() => Follow(replica, 1)).Refusal);
            replica.CloseUnlessFailed();
        }

        Assert.Equal(JournalRefusal.NotAJournal, Assert.Throws<JournalRefusedException>(() => Open()).Refusal);
        Assert.DoesNotContain(Directory.GetFiles(Own), file => Path.GetFileName(file) is "journal.json" or "clean" or "index.db");
        _journal.Truncate(0);
        _journal.Land(_writer.FilesystemCreated());
        _journal.Identity = new JournalIdentity("volatile", "", "the right one");
        Run(1);
    }

    [Fact]
    public void AReplicaOfAnotherJournalIsRefused()
    {
        Run(3);
        _journal.Identity = new JournalIdentity("volatile", "", "another");
        Assert.Equal(JournalRefusal.Replaced, Assert.Throws<JournalRefusedException>(() => Open()).Refusal);
    }

    [Fact]
    public void ANewerFormatStopsAtItsRecordAndNewerSoftwareCouldGoOnThere()
    {
        _journal.Land(_writer.FormatRaised(2));
        using (LocalReplica replica = Open())
        {
            JournalRefusedException refused = Assert.Throws<JournalRefusedException>(() => Follow(replica, 4));
            Assert.Equal(JournalRefusal.FormatTooNew, refused.Refusal);
            replica.CloseUnlessFailed();
        }

        using LocalReplica again = Open();
        Assert.Equal(3, again.Applier.NextOffset);
        Assert.Equal(1U, again.Namespace.Level);
        Assert.Equal(JournalRefusal.FormatTooNew, Assert.Throws<JournalRefusedException>(() => Follow(again, 4)).Refusal);
    }

    [Fact]
    public void OwnershipIsThatOfTheFirstRun()
    {
        Run(3, ownership: TreeOwnership.Namespace);
        using (LocalReplica replica = Open())
        {
            Assert.Equal(TreeOwnership.Namespace, replica.Tree.Ownership);
        }

        Assert.Contains("Ownership=namespace", Assert.Throws<DataRootException>(() => Open(ownership: TreeOwnership.Full)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsLookedAtIsNotChanged()
    {
        Directory.CreateDirectory(Root);
        File.WriteAllText(_folder["root/mine"], "x");
        Assert.Equal(DataRootProblem.NotAReplica, Assert.Throws<DataRootException>(() => DataRoot.Inspect(Root)).Problem);
        Assert.Equal(DataRootProblem.NotAReplica, Assert.Throws<DataRootException>(() => DataRoot.Open(Root)).Problem);
        DataRoot.Inspect(_folder["new"]);
        Assert.Throws<DataRootException>(() => DataRoot.Inspect(_folder["no/parent"]));
        Assert.Equal(["mine"], Directory.GetFileSystemEntries(Root).Select(Path.GetFileName));
        Assert.False(Directory.Exists(_folder["new"]));
    }

    [Fact]
    public void BehindTheCheckpointIntervalNoRecordIsWaitedFor()
    {
        using LocalReplica replica = Open(checkpointRecords: 3);
        Assert.True(replica.WaitsForRecords);
        Follow(replica, 3);
        Assert.False(replica.WaitsForRecords);
        Assert.True(replica.Checkpoints.Begin());
        replica.Checkpoints.Sync();
        Assert.True(replica.Checkpoints.TryCommit());
        Assert.True(replica.WaitsForRecords);
    }

    [Fact]
    public void ADataRootInUseIsSeenBeforeAnythingIsMade()
    {
        using LocalReplica replica = Open();
        Assert.Equal(DataRootProblem.InUse, Assert.Throws<DataRootException>(() => DataRoot.Inspect(Root)).Problem);
    }

    public void Dispose() => _folder.Dispose();

    private LocalReplica Open(string? root = null, TreeOwnership? ownership = null, long checkpointRecords = 1_000, Action<string>? onStalled = null, bool opensUnchecked = false, Acceptance? accepted = null)
    {
        ReplicaOptions options = new()
        {
            DataRoot = root ?? Root,
            Ownership = ownership,
            CheckpointRecords = checkpointRecords,
            ConfirmEndAfter = TimeSpan.Zero,
            RetryAfter = TimeSpan.Zero,
            OnStalled = onStalled,
            OpensUnchecked = opensUnchecked,
            Accepted = accepted ?? Acceptance.None,
        };
        return LocalReplica.Open(options, _journal, NullLogger.Instance, TimeProvider.System, default);
    }

    private void Run(long until, bool close = true, bool applies = true, TreeOwnership? ownership = null)
    {
        using LocalReplica replica = Open(ownership: ownership);
        if (applies)
        {
            Follow(replica, until);
        }

        Assert.Equal(until, replica.Applier.NextOffset);
        if (close)
        {
            replica.Close();
        }
    }

    private void Follow(LocalReplica replica, long until)
    {
        replica.Applier.Apply(Read(replica.Applier.NextOffset), default);
        Assert.Equal(until, replica.Applier.NextOffset);
    }

    private JournalBatch Read(long from)
    {
        JournalBatch batch = new();
        using IJournalReader reader = _journal.OpenReader(0, from);
        reader.Read(batch, default);
        return batch;
    }
}
