using KafkaFs.Journal.Check;
using KafkaFs.Journal.Contract;
using KafkaFs.Journal.Embedded;
using KafkaFs.Replica;
using KafkaFs.Replica.Repair;
using KafkaFs.Replica.Sessions;
using KafkaFs.Replica.Tree;
using KafkaFs.Replica.Verification;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Journal;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace KafkaFs.Hosting.Tests.Replication;

/// <summary>A replica on a journal file that somebody has changed: what is refused, and what an operator accepts by its name.</summary>
public sealed class AcceptanceTests : IDisposable
{
    private const string NewId = "00000000-0000-0000-0000-000000000007";

    private readonly TemporaryFolder _folder = new("/var/tmp");
    private readonly RecordWriter _writer = new(Guid.NewGuid(), Guid.NewGuid());

    private string File => _folder["journal.db"];

    [Fact]
    public async Task TopicIdDiffers_IsRefusedUntilThisIdIsAcceptedAndFollowedFromThenOn()
    {
        await AppendAsync(_writer.FilesystemCreated(), _writer.SessionStarted(), _writer.Mkdir("a"));
        await RunAsync(3);
        Change($"UPDATE meta SET value = '{NewId}' WHERE key = 'log'");
        JournalRefusedException refused = await Assert.ThrowsAsync<JournalRefusedException>(() => RunAsync(3));
        Assert.Contains($"`--accept-topic {NewId}`", refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<JournalRefusedException>(() => RunAsync(3, new Acceptance(Topic: "another")));
        await RunAsync(3, new Acceptance(Topic: NewId));
        Assert.Contains(NewId, await System.IO.File.ReadAllTextAsync(_folder["root/.kafkafs/journal.json"], TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await AppendAsync(_writer.Mkdir("b"));
        await RunAsync(4);
    }

    [Fact]
    public async Task TopicIdDiffers_IsAcceptedOnlyWithTheSameRecordBeforeThePosition()
    {
        await AppendAsync(_writer.FilesystemCreated(), _writer.SessionStarted(), _writer.Mkdir("a"));
        await RunAsync(3);
        Change($"UPDATE meta SET value = '{NewId}' WHERE key = 'log'; UPDATE records SET bytes = x'00' WHERE offset = 2");
        JournalRefusedException refused = await Assert.ThrowsAsync<JournalRefusedException>(() => RunAsync(3, new Acceptance(Topic: NewId)));
        Assert.Contains("record 2 of journal file", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OffsetsMissing_AreGonePastOnceTheyAreAccepted()
    {
        await AppendAsync(_writer.FilesystemCreated(), _writer.SessionStarted(), _writer.Mkdir("a"));
        await RunAsync(3);
        await AppendAsync([1], [2], _writer.Mkdir("b"));
        Change("DELETE FROM records WHERE offset IN (3, 4)");
        JournalRefusedException refused = await Assert.ThrowsAsync<JournalRefusedException>(() => RunAsync(6));
        Assert.Equal(JournalRefusal.Gap, refused.Refusal);
        Assert.Contains("`--accept-gap 3..4`", refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<JournalRefusedException>(() => RunAsync(6, new Acceptance(Gap: new OffsetGap(3, 3))));
        await RunAsync(6, new Acceptance(Gap: new OffsetGap(3, 4)));
        Assert.True(Directory.Exists(_folder["root/b"]));

        // The checkpoint is past it: nothing has to be accepted any more. A new replica has to go past it as well.
        await RunAsync(6);
        await RunAsync(6, new Acceptance(Gap: new OffsetGap(3, 4)), "new");
    }

    [Fact]
    public async Task OffsetsMissing_TheSessionsAreReadPastWhatIsAccepted()
    {
        await AppendAsync(_writer.FilesystemCreated(), _writer.SessionStarted(), [1], _writer.Mkdir("a"));
        Change("DELETE FROM records WHERE offset = 2");
        OffsetGap gap = new(2, 2);
        using IJournal journal = await Provider(gap).OpenAsync(false, default);
        Assert.Equal(1, Assert.Single(SessionReplay.Read(journal, "the journal", gap, TestContext.Current.CancellationToken).Open).Records);
    }

    [Fact]
    public async Task OffsetsMissing_ContentsAreRepairedFromALogPastWhatIsAccepted()
    {
        OffsetGap gap = new(3, 4);
        await AppendAsync(_writer.FilesystemCreated(), _writer.SessionStarted(), _writer.Create("file"), [1], [2], _writer.Write(_writer.Last, "content"u8.ToArray()));
        Change("DELETE FROM records WHERE offset IN (3, 4)");
        await RunAsync(6, new Acceptance(Gap: gap));
        System.IO.File.Delete(_folder["root/file"]);
        using IJournal journal = await Provider(gap).OpenAsync(false, default);
        using (StoppedReplica replica = StoppedReplica.Open(_folder["root"]))
        {
            ReplicaRepair repair = new(replica, _ => { }) { AcceptedGap = gap };
            Assert.Equal(1, repair.FromLog(journal, [], TestContext.Current.CancellationToken).Contents);
        }

        Assert.Equal("content", await System.IO.File.ReadAllTextAsync(_folder["root/file"], TestContext.Current.CancellationToken));
    }

    // The host was killed before the gap, and has to be repaired to behind it.
    [Fact]
    public async Task OffsetsMissing_AKilledReplicaIsRepairedPastWhatIsAccepted()
    {
        OffsetGap gap = new(3, 4);
        await AppendAsync(_writer.FilesystemCreated(), _writer.SessionStarted(), _writer.Mkdir("a"));
        await RunAsync(3, close: false);
        await AppendAsync([1], [2], _writer.Mkdir("b"));
        Change("DELETE FROM records WHERE offset IN (3, 4)");
        using IJournal journal = await Provider(gap).OpenAsync(false, default);
        using (StoppedReplica replica = StoppedReplica.Open(_folder["root"]))
        {
            new ReplicaRepair(replica, _ => { }) { AcceptedGap = gap }.FromLog(journal, [], TestContext.Current.CancellationToken);
        }

        Assert.True(Directory.Exists(_folder["root/b"]));
        await RunAsync(6);
    }

    [Fact]
    public async Task TopicIdDiffers_IsAcceptedAgainAfterAKillBetweenCheckpointAndBinding()
    {
        await AppendAsync(_writer.FilesystemCreated(), _writer.SessionStarted(), _writer.Mkdir("a"));
        await RunAsync(3);
        byte[] binding = await System.IO.File.ReadAllBytesAsync(_folder["root/.kafkafs/journal.json"], TestContext.Current.CancellationToken);
        Change($"UPDATE meta SET value = '{NewId}' WHERE key = 'log'");
        await RunAsync(3, new Acceptance(Topic: NewId));
        await System.IO.File.WriteAllBytesAsync(_folder["root/.kafkafs/journal.json"], binding, TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<JournalRefusedException>(() => RunAsync(3));
        await RunAsync(3, new Acceptance(Topic: NewId));
        await RunAsync(3);
    }

    // The checkpoint's horizon before, in, at the end of and behind the gap.
    [Theory]
    [InlineData(3, 3)]
    [InlineData(4, 3)]
    [InlineData(5, 3)]
    [InlineData(6, 6)]
    [InlineData(100, 6)]
    public async Task OffsetsMissing_AKilledReplicaRecoversThroughAnAcceptedGap(long horizon, long recoversTo)
    {
        await AppendAsync(_writer.FilesystemCreated(), _writer.SessionStarted(), _writer.Mkdir("a"));
        await RunAsync(3, checkpointRecords: horizon, close: false);
        await AppendAsync([1], [2], _writer.Mkdir("b"), _writer.Mkdir("c"));
        Change("DELETE FROM records WHERE offset IN (3, 4); DELETE FROM records WHERE offset > 5");
        Acceptance accepted = new(Gap: new OffsetGap(3, 4));
        await RunAsync(recoversTo, accepted, recoversTo: recoversTo, close: false);
        await RunAsync(6, accepted, close: false);

        // Killed again behind it; the checkpoint is past the gap.
        await RunAsync(6, accepted);
        await RunAsync(6);
        Assert.True(Directory.Exists(_folder["root/b"]));
    }

    [Fact]
    public async Task OffsetsMissing_AReaderGoesPastNothingButTheGapThatIsAccepted()
    {
        await AppendAsync(_writer.FilesystemCreated(), _writer.SessionStarted(), _writer.Mkdir("a"), _writer.Mkdir("b"));
        Change("DELETE FROM records WHERE offset = 2");
        foreach (OffsetGap other in (OffsetGap[])[new(1, 2), new(2, 3), new(3, 3)])
        {
            using IJournal journal = await Provider(other).OpenAsync(false, default);
            using IJournalReader reader = journal.OpenReader(0, 2);
            JournalRefusedException refused = Assert.Throws<JournalRefusedException>(() => reader.Read(new JournalBatch(), TimeSpan.FromSeconds(10)));
            Assert.Equal(JournalRefusal.Gap, refused.Refusal);
        }
    }

    [Fact]
    public async Task FileReplaced_IsFoundWhileItIsInUse()
    {
        await AppendAsync(_writer.FilesystemCreated());
        using IJournal journal = await Provider(null).OpenAsync(false, default);
        Assert.False(journal.Look(default).IsFileReplaced);
        System.IO.File.Copy(File, _folder["copy"]);
        System.IO.File.Move(_folder["copy"], File, overwrite: true);
        Assert.Equal(LogRow.FileReplaced, RecoveryTable.Judge(new KnownLog { Identity = journal.Identity }, journal.Look(default)).Finding?.Row);
        System.IO.File.Delete(File);
        Assert.False(journal.Look(default).Exists);
    }

    public void Dispose() => _folder.Dispose();

    private EmbeddedJournalProvider Provider(OffsetGap? gap) => new(File, NullLogger.Instance, gap);

    private async Task AppendAsync(params byte[][] records)
    {
        using IJournal journal = await Provider(null).OpenAsync(true, default);
        RecordingListener listener = new();
        using IJournalAppender appender = journal.OpenAppender(0, listener);
        foreach (byte[] record in records)
        {
            Assert.True(appender.TryAppend(record, 0));
        }

        Assert.Equal(records.Length, (await listener.WaitAsync(records.Length)).Count);
    }

    // A run until the replica stands at an offset, which ends cleanly or as if it was killed.
    private async Task RunAsync(long until, Acceptance? accepted = null, string root = "root", long checkpointRecords = 1_000, bool close = true, long? recoversTo = null)
    {
        accepted ??= Acceptance.None;
        using IJournal journal = await Provider(accepted.Gap).OpenAsync(false, default);
        ReplicaOptions options = new() { DataRoot = _folder[root], Ownership = TreeOwnership.Namespace, Accepted = accepted, CheckpointRecords = checkpointRecords };
        using LocalReplica replica = LocalReplica.Open(options, journal, NullLogger.Instance, TimeProvider.System, default);
        Assert.Equal(recoversTo ?? replica.Applier.NextOffset, replica.Applier.NextOffset);
        using (IJournalReader reader = journal.OpenReader(0, replica.Applier.NextOffset))
        {
            JournalBatch batch = new();
            while (replica.Applier.NextOffset < until && reader.Read(batch, TimeSpan.FromSeconds(10)))
            {
                replica.Applier.Apply(batch, default);
            }
        }

        Assert.Equal(until, replica.Applier.NextOffset);
        if (close)
        {
            replica.Close();
        }
    }

    private void Change(string sql)
    {
        using SqliteConnection connection = new(new SqliteConnectionStringBuilder { DataSource = File, Pooling = false }.ToString());
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
