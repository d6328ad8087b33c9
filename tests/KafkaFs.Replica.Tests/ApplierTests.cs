using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Apply;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Journal;
using KafkaFs.TestKit.Processes;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace KafkaFs.Replica.Tests;

/// <summary>Applying is a lock: readers and delivery reports race, and what the machine refuses is waited for.</summary>
public sealed class ApplierTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("/var/tmp");
    private readonly VolatileJournal _journal = new();
    private readonly ManualClock _clock = new();
    private readonly RecordWriter _writer = new(Guid.NewGuid(), Guid.NewGuid());
    private LocalReplica _replica;

    public ApplierTests()
    {
        _journal.Land(_writer.FilesystemCreated());
        _journal.Land(_writer.SessionStarted());
        _journal.Land(_writer.Mkdir("d"));
        _replica = Open();
        Read();
    }

    private string Directory => _folder["root/d"];

    private Applier Applier => _replica.Applier;

    [Fact]
    public void G3_WhatTheMachineRefusesIsWaitedForAndGoesOnByItself()
    {
        Refuse();
        byte[] below = _writer.Mkdir("below", _writer.Last), after = _writer.Mkdir("after");
        Applier.Offer(_journal.Land(below), VolatileJournal.AppendTimeMs, below);
        Applier.Offer(_journal.Land(after), VolatileJournal.AppendTimeMs, after);
        Assert.Equal(3, Applier.NextOffset);
        Assert.Equal((3L, "d/below"), (Applier.Stall!.Offset, Applier.Stall.Path));
        _clock.FireTimers();
        Assert.Equal(3, Applier.NextOffset);
        Allow();
        _clock.FireTimers();
        Assert.Null(Applier.Stall);
        Assert.Equal(5, Applier.NextOffset);
        Assert.True(System.IO.Directory.Exists($"{Directory}/below"));
        Assert.Empty(System.IO.Directory.GetFileSystemEntries(_folder["root/.kafkafs/foreign"]));
    }

    [Fact]
    public void G3_AStopDuringAStallIsRecoveredFromOnceTheCauseIsGone()
    {
        Refuse();
        byte[] below = _writer.Mkdir("below", _writer.Last);
        Applier.Offer(_journal.Land(below), VolatileJournal.AppendTimeMs, below);
        _replica.Close();
        _replica.Dispose();
        Assert.False(File.Exists(_folder["root/.kafkafs/clean"]));
        Allow();
        _replica = Open();
        Assert.Equal(4, Applier.NextOffset);
        Assert.True(System.IO.Directory.Exists($"{Directory}/below"));
    }

    [Fact]
    public void AStallOnWhatSomebodyHasRemovedNamesThePathAndTheWayOut()
    {
        System.IO.Directory.Delete(Directory);
        byte[] below = _writer.Mkdir("below", _writer.Last);
        Applier.Offer(_journal.Land(below), VolatileJournal.AppendTimeMs, below);
        Assert.True(Applier.Stall!.IsDrift);
        Assert.Contains("kafkafs repair", Applier.Stall.ToString(), StringComparison.Ordinal);
        System.IO.Directory.CreateDirectory(Directory);
        Assert.Equal(3, Applier.NextOffset);
    }

    [Fact]
    public void G8_OwnRecordsWaitAtTheHorizonAndTheReportThatBringsThemDoesNot()
    {
        _replica.Close();
        _replica.Dispose();
        _replica = Open(checkpointRecords: 2);
        OfferOwn("before");
        Assert.True(_replica.Checkpoints.Begin());
        _replica.Checkpoints.Sync();
        Assert.True(_replica.Checkpoints.TryCommit());
        Assert.Equal(6, Applier.Horizon);
        for (int index = 0; index < 5; index++)
        {
            OfferOwn($"own{index}");
        }

        Assert.Equal((6, 3), (Applier.NextOffset, Applier.OwnQueued));
        while (_replica.Checkpoints.Begin())
        {
            _replica.Checkpoints.Sync();
            Assert.True(_replica.Checkpoints.TryCommit());
        }

        Assert.Equal((9, 0), (Applier.NextOffset, Applier.OwnQueued));

        void OfferOwn(string name)
        {
            byte[] record = _writer.Mkdir(name);
            Applier.Offer(_journal.Land(record), VolatileJournal.AppendTimeMs, record);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task G3_ReadersAndReportsThatRaceApplyEachRecordOnce(int seed)
    {
        const int count = 3_000;
        byte[][] records = [.. Enumerable.Range(0, count).Select(index => _writer.Mkdir($"r{index}"))];
        long first = Applier.NextOffset;
        Task reports = Task.Run(() =>
        {
            Random random = new(seed);
            foreach (byte[] record in records)
            {
                long offset = _journal.Land(record);
                if (random.Next(4) > 0)
                {
                    Applier.Offer(offset, VolatileJournal.AppendTimeMs, record);
                }
            }
        }, TestContext.Current.CancellationToken);
        JournalBatch batch = new(maxRecords: 7);
        using IJournalReader reader = _journal.OpenReader(0, first);
        while (Applier.NextOffset < first + count)
        {
            reader.Read(batch, default);
            Applier.Apply(batch, TestContext.Current.CancellationToken);
        }

        await reports;
        Assert.Equal(count + 2, _replica.Namespace.InodeCount);
        Assert.Equal(0, Applier.Counters.Void(Replica.Namespace.VoidReason.Duplicate));
        Assert.Equal(count + 1, System.IO.Directory.GetDirectories(_folder["root"]).Count(path => !path.EndsWith(".kafkafs", StringComparison.Ordinal)));
    }

    public void Dispose()
    {
        _replica.Dispose();
        Allow();
        _folder.Dispose();
    }

    private LocalReplica Open(long checkpointRecords = 100_000) =>
        LocalReplica.Open(new ReplicaOptions { DataRoot = _folder["root"], CheckpointRecords = checkpointRecords }, _journal, NullLogger.Instance, _clock, default);

    private void Read()
    {
        JournalBatch batch = new();
        using IJournalReader reader = _journal.OpenReader(0, Applier.NextOffset);
        reader.Read(batch, default);
        Applier.Apply(batch, default);
    }

    private void Refuse()
    {
        Environments.RequireRoot();
        (int code, _, string error) = ToolProcess.Try("chattr", ["+i", Directory]);
        Environments.Require(code == 0, $"this filesystem has no immutable files: {error}");
    }

    private void Allow()
    {
        if (Environment.IsPrivilegedProcess)
        {
            ToolProcess.Try("chattr", ["-i", Directory]);
        }
    }
}
