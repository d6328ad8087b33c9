using System.Text;
using KafkaFs.Journal;
using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Checkpoint;
using KafkaFs.Replica.Repair;
using KafkaFs.Replica.Tree;
using KafkaFs.Replica.Verification;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Journal;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace KafkaFs.Replica.Tests.Repair;

/// <summary>What a repair refuses, and what it must not take for whole after an interrupted one.</summary>
public sealed class ReplicaRepairTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("/var/tmp");
    private readonly VolatileJournal _journal = new();
    private readonly RecordWriter _writer = new(Guid.NewGuid(), Guid.NewGuid());
    private readonly FileId _file;

    public ReplicaRepairTests()
    {
        _journal.Land(_writer.FilesystemCreated());
        _journal.Land(_writer.SessionStarted());
        _journal.Land(_writer.Create("file"));
        _file = _writer.Last;
        _journal.Land(_writer.Write(_file, "content"u8.ToArray()));
        Follow("one");
        Follow("two");
    }

    [Fact]
    public void AContentThatAnInterruptedRepairWasMakingIsMadeAgainThoughItLooksWhole()
    {
        using (StoppedReplica replica = Open("one"))
        {
            new RepairMark(Clean: true, [_file.Value, 12_345]).Write(replica.Root);
            CleanMark.Remove(replica.Root);
        }

        File.WriteAllText(_folder["one/file"], "CONTENT");
        Assert.Contains("unfinished repair", Assert.Throws<DataRootException>(() => Follow("one")).Message, StringComparison.Ordinal);
        Assert.Equal(1, Repair("one", replica => replica.FromLog(_journal, [], default)).Contents);
        Assert.Equal("content", File.ReadAllText(_folder["one/file"]));
        Follow("one");
    }

    [Fact]
    public void AMarkThatSaysNothingIsRefusedWithWords()
    {
        File.WriteAllText(_folder["one/.kafkafs/repairing"], "{}");
        Assert.Contains("kafkafs rejoin", Assert.Throws<DataRootException>(() => Repair("one", repair => repair.FromLog(_journal, [], default))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AReplicaAtAnotherPositionOrOfAnotherJournalOrNotCleanGivesNothing()
    {
        _journal.Land(_writer.Mkdir("later"));
        Follow("two");
        File.Delete(_folder["one/file"]);
        Assert.Contains("stands at 4", RefusedFrom("two"), StringComparison.Ordinal);
        File.Delete(_folder["two/.kafkafs/clean"]);
        Assert.Contains("not left by a clean stop", RefusedFrom("two"), StringComparison.Ordinal);
        _journal.Identity = new JournalIdentity("volatile", "", "another");
        Follow("three");
        Assert.Contains("another journal", RefusedFrom("three"), StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["one/.kafkafs/repairing"]));
        Assert.True(File.Exists(_folder["one/.kafkafs/clean"]));
    }

    [Fact]
    public void AReplicaThatLacksTheContentItselfIsRefusedBeforeAnythingIsChanged()
    {
        File.Delete(_folder["one/file"]);
        File.WriteAllText(_folder["two/file"], "c");
        Assert.Contains("does not have the content of 'file'", RefusedFrom("two"), StringComparison.Ordinal);
        Assert.True(File.Exists(_folder["one/.kafkafs/clean"]));
        Assert.Equal(new RepairCounts(1, 0, 0, 1, 0), Repair("one", repair => repair.FromLog(_journal, [], default)));
        Assert.Equal("content", File.ReadAllText(_folder["one/file"]));
    }

    [Fact]
    public void ALogThatLeadsElsewhereOrHasLostItsFirstRecordsGivesNoContents()
    {
        File.Delete(_folder["one/file"]);
        _journal.First = 1;
        Assert.Equal(JournalRefusal.Deleted, Assert.Throws<JournalRefusedException>(() => Repair("one", repair => repair.FromLog(_journal, [], default))).Refusal);
        _journal.First = 0;
        _journal.Truncate(2);
        _journal.Land(_writer.Mkdir("another"));
        _journal.Land(_writer.Mkdir("history"));
        Assert.Equal(JournalRefusal.Replaced, Assert.Throws<JournalRefusedException>(() => Repair("one", repair => repair.FromLog(_journal, [], default))).Refusal);
        Assert.True(File.Exists(_folder["one/.kafkafs/clean"]));
    }

    [Fact]
    public void WhatIsNoReplicaIsRefusedAndNothingIsMadeThere()
    {
        Assert.Equal(DataRootProblem.NotAReplica, Assert.Throws<DataRootException>(() => Open("nowhere")).Problem);
        Assert.False(Directory.Exists(_folder["nowhere"]));
    }

    public void Dispose() => _folder.Dispose();

    private StoppedReplica Open(string root) => StoppedReplica.Open(_folder[root]);

    private RepairCounts Repair(string root, Func<ReplicaRepair, RepairCounts> repair)
    {
        List<string> differences = [];
        using StoppedReplica replica = Open(root);
        RepairCounts counts = repair(new ReplicaRepair(replica, _ => { }));
        new TreeVerifier(replica.Root, replica.Namespace, replica.Ownership, difference => differences.Add($"{Encoding.UTF8.GetString(difference.Path)}: {difference.What}")).Run();
        Assert.Empty(differences);
        return counts;
    }

    private string RefusedFrom(string other) => Assert.Throws<DataRootException>(() =>
    {
        using StoppedReplica source = Open(other);
        Repair("one", repair => repair.FromReplica(source, compareContents: false, default));
    }).Message;

    private void Follow(string root)
    {
        using LocalReplica replica = LocalReplica.Open(new ReplicaOptions { DataRoot = _folder[root] }, _journal, NullLogger.Instance, TimeProvider.System, default);
        JournalBatch batch = new();
        using IJournalReader reader = _journal.OpenReader(0, replica.Applier.NextOffset);
        if (reader.Read(batch, TimeSpan.Zero))
        {
            replica.Applier.Apply(batch, default);
        }

        replica.Close();
    }
}
