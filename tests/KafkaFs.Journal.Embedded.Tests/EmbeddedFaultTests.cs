using System.Diagnostics;
using KafkaFs.Journal.Contract;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Journal;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace KafkaFs.Journal.Embedded.Tests;

/// <summary>Files that are not as they should be, and other processes that are in the way.</summary>
public sealed class EmbeddedFaultTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string JournalPath => _folder["journal.db"];

    private EmbeddedJournalProvider Provider => new(JournalPath, NullLogger.Instance);

    [Fact]
    public async Task AFileThatAPowerLossLeftHalfMadeBecomesAJournal()
    {
        Execute("PRAGMA journal_mode = WAL");
        Assert.NotEqual(0, new FileInfo(JournalPath).Length);
        JournalRefusedException refused = await Assert.ThrowsAsync<JournalRefusedException>(() => Provider.OpenAsync(false, default));
        Assert.Equal(JournalRefusal.Missing, refused.Refusal);
        using IJournal journal = await Provider.OpenAsync(true, default);
        Assert.Equal(new JournalBounds(0, 0), journal.QueryBounds(0, default));
    }

    [Fact]
    public async Task NothingIsLeftBesideAFileThatIsNoJournal()
    {
        File.WriteAllText(JournalPath, "this is a text file, long enough to be taken for something else entirely");
        await AssertForeignAsync();
        File.Delete(JournalPath);
        Execute("CREATE TABLE mine (x); INSERT INTO mine VALUES (1)");
        await AssertForeignAsync();
    }

    [Fact]
    public async Task AFileThatIsBusyIsATroubleAndNotTheEnd()
    {
        using IJournal journal = await Provider.OpenAsync(true, default);
        RecordingListener listener = new();
        using (IJournalAppender appender = journal.OpenAppender(0, listener))
        {
            appender.TryAppend(new byte[] { 1 }, 1);
            await listener.WaitAsync(1);
        }

        using IJournalReader reader = journal.OpenReader(0, 0);
        JournalBatch batch = new();
        using (SqliteConnection holder = Open())
        {
            Execute(holder, "PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; INSERT INTO records VALUES (1, 1, x'02'); COMMIT");
            Assert.False(reader.Read(batch, TimeSpan.FromMilliseconds(100)));
            Assert.Contains("locked", journal.Trouble, StringComparison.Ordinal);
        }

        Assert.True(reader.Read(batch, TimeSpan.FromSeconds(10)));
        Assert.Equal(2, batch.Count);
        Assert.Null(journal.Trouble);
    }

    [Fact]
    public async Task ADamagedFileIsRefusedByTheReader()
    {
        using IJournal journal = await Provider.OpenAsync(true, default);
        using IJournalReader reader = journal.OpenReader(0, 0);
        Execute("DROP TABLE records");
        JournalRefusedException refused = Assert.Throws<JournalRefusedException>(() => reader.Read(new JournalBatch(), TimeSpan.Zero));
        Assert.Equal(JournalRefusal.NotAJournal, refused.Refusal);
    }

    [Fact]
    public async Task AProcessThatKeepsTheLockDoesNotHoldUpTheEnd()
    {
        using IJournal journal = await Provider.OpenAsync(true, default);
        using FileLock other = FileLock.Take(JournalPath, TimeSpan.FromSeconds(10));
        IJournalAppender appender = journal.OpenAppender(0, new RecordingListener());
        Assert.True(appender.TryAppend(new byte[] { 1 }, 1));
        await Task.Delay(200);
        Stopwatch watch = Stopwatch.StartNew();
        appender.Dispose();
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 5);
    }

    [Fact]
    public async Task ALockThatOthersKeepIsGivenUpWithWords()
    {
        (await Provider.OpenAsync(true, default)).Dispose();
        using (FileLock other = FileLock.Take(JournalPath, TimeSpan.FromSeconds(10)))
        {
            JournalUnavailableException unavailable =
                Assert.Throws<JournalUnavailableException>(() => FileLock.Take(JournalPath, TimeSpan.FromMilliseconds(50)));
            Assert.Contains("another process", unavailable.Message, StringComparison.Ordinal);
        }

        FileLock.Take(JournalPath, TimeSpan.Zero).Dispose();
    }

    [Fact]
    public async Task AWriteToTheLogWakesItsWatch()
    {
        File.WriteAllText(JournalPath + "-wal", "");
        using FileWatch watch = new(JournalPath);
        Stopwatch time = Stopwatch.StartNew();
        Task waiting = Task.Run(() => watch.Wait(TimeSpan.FromSeconds(60)));
        await Task.Delay(200);
        File.AppendAllText(JournalPath + "-wal", "x");
        await waiting;
        Assert.InRange(time.Elapsed.TotalSeconds, 0, 30);
    }

    public void Dispose() => _folder.Dispose();

    private async Task AssertForeignAsync()
    {
        byte[] before = File.ReadAllBytes(JournalPath);
        JournalRefusedException refused = await Assert.ThrowsAsync<JournalRefusedException>(() => Provider.OpenAsync(true, default));
        Assert.Equal(JournalRefusal.NotAJournal, refused.Refusal);
        Assert.Equal([JournalPath], Directory.GetFiles(_folder.Path));
        Assert.Equal(before, File.ReadAllBytes(JournalPath));
    }

    private SqliteConnection Open()
    {
        SqliteConnection connection = new($"Data Source={JournalPath};Pooling=False");
        connection.Open();
        return connection;
    }

    private void Execute(string sql)
    {
        using SqliteConnection connection = Open();
        Execute(connection, sql);
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
