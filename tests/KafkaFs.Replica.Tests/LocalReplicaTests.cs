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

    [Fact]
    public void AKilledReplicaIsBuiltAnewAndWhatWasSetAsideGoes()
    {
        Run(3, close: false);
        using LocalReplica replica = Open();
        Assert.Equal(0, replica.Applier.NextOffset);
        Assert.True(Directory.Exists($"{Own}/aside/first"));
        Follow(replica, 3);
        replica.DropSetAside();
        Assert.False(Directory.Exists($"{Own}/aside"));
        Assert.True(Directory.Exists(_folder["root/first"]));
    }

    [Fact]
    public void AReplicaThatIsKilledWhileItIsRebuiltKeepsTheOldTreeOnce()
    {
        Run(3, close: false);
        Run(3, close: false);
        Run(3, close: false);
        Assert.Equal(["aside"], Directory.GetDirectories(Own, "aside*").Select(Path.GetFileName));
    }

    [Fact]
    public void ACrashWhileTheTreeIsSetAsideGoesOnWithIt()
    {
        Run(3, close: false);
        Directory.CreateDirectory($"{Own}/aside-moving/moved");
        using LocalReplica replica = Open();
        Assert.Equal(["first", "moved"], Directory.GetDirectories($"{Own}/aside").Select(Path.GetFileName).Order());
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
    public void G7_ACopiedDataRootDoesNotWorkOnTheOriginalsObjects()
    {
        Run(3);
        ToolProcess.Run("cp", ["-a", Root, _folder["copy"]]);
        _journal.Land(_writer.Mkdir("below", _writer.Last));
        using (LocalReplica copy = Open(_folder["copy"]))
        {
            Follow(copy, 4);
        }

        Assert.True(Directory.Exists(_folder["copy/first/below"]));
        Assert.False(Directory.Exists(_folder["root/first/below"]));
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
        _journal.Land([1, 2, 3]);
        using (LocalReplica replica = Open())
        {
            Assert.Equal(JournalRefusal.NotAJournal, Assert.Throws<JournalRefusedException>(() => Follow(replica, 1)).Refusal);
            replica.CloseUnlessFailed();
        }

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
    public void ADataRootInUseIsSeenBeforeAnythingIsMade()
    {
        using LocalReplica replica = Open();
        Assert.Equal(DataRootProblem.InUse, Assert.Throws<DataRootException>(() => DataRoot.Inspect(Root)).Problem);
    }

    public void Dispose() => _folder.Dispose();

    private LocalReplica Open(string? root = null, TreeOwnership? ownership = null)
    {
        ReplicaOptions options = new() { DataRoot = root ?? Root, Ownership = ownership };
        return LocalReplica.Open(options, _journal, NullLogger.Instance, TimeProvider.System, default);
    }

    private void Run(long until, bool close = true, TreeOwnership? ownership = null)
    {
        using LocalReplica replica = Open(ownership: ownership);
        Follow(replica, until);
        if (close)
        {
            replica.Close();
        }
    }

    private void Follow(LocalReplica replica, long until)
    {
        JournalBatch batch = new();
        using IJournalReader reader = _journal.OpenReader(0, replica.Applier.NextOffset);
        reader.Read(batch, default);
        replica.Applier.Apply(batch, default);
        Assert.Equal(until, replica.Applier.NextOffset);
    }
}
