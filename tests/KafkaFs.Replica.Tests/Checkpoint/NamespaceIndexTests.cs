using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Checkpoint;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Tests.Namespace;
using KafkaFs.TestKit;
using Microsoft.Data.Sqlite;
using Xunit;

namespace KafkaFs.Replica.Tests.Checkpoint;

/// <summary>What a damaged or newer index does; that a whole one gives everything back is tested by KafkaFs.Simulation.</summary>
public sealed class NamespaceIndexTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TestLog _log = TestLog.WithSessions(2);
    private readonly string _path;

    public NamespaceIndexTests()
    {
        _path = _folder["index.db"];
        FileId dir = _log.Make(ChangeKind.Mkdir, FileId.Root, "d");
        FileId file = _log.Make(ChangeKind.Create, dir, "f");
        _log.Make(ChangeKind.Symlink, dir, "l");
        Change xattr = new() { Kind = ChangeKind.SetXattr, Inode = file, Name = "user.a"u8, Data = "value"u8 };
        _log.Do(ref xattr);
        Save();
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("DELETE FROM meta WHERE key = 'totals'")]
    [InlineData("DELETE FROM meta WHERE key = 'header'")]
    [InlineData("UPDATE meta SET value = 'null'")]
    [InlineData("UPDATE meta SET value = '{}'")]
    [InlineData("UPDATE meta SET value = '{'")]
    [InlineData("UPDATE meta SET value = x'00'")]
    [InlineData("UPDATE meta SET value = replace(value, '\"NextOffset\":7', '\"NextOffset\":6') WHERE key = 'totals'")]
    [InlineData("UPDATE meta SET value = replace(value, '\"NameMax\":255', '\"NameMax\":0') WHERE key = 'totals'")]
    [InlineData("UPDATE meta SET value = replace(value, 'AQ==', '?') WHERE key = 'header'")]
    [InlineData("UPDATE meta SET value = replace(value, '\"Inodes\":4', '\"Inodes\":2000000000') WHERE key = 'totals'")]
    [InlineData("UPDATE meta SET value = replace(value, '\"Entries\":3', '\"Entries\":4') WHERE key = 'totals'")]
    [InlineData("UPDATE sessions SET state = '{}'")]
    [InlineData("UPDATE sessions SET state = 'null'")]
    [InlineData("UPDATE sessions SET id = id + 4294967296")]
    [InlineData("DROP TABLE sessions")]
    [InlineData("UPDATE masters SET id = 'nobody' || id")]
    [InlineData("UPDATE masters SET run = 'once' WHERE id > '00000002'")]
    [InlineData("DELETE FROM masters")]
    [InlineData("UPDATE sessions SET state = replace(state, 'LastCounter\":3', 'LastCounter\":4')")]
    [InlineData("UPDATE inodes SET row = 7")]
    [InlineData("UPDATE inodes SET row = zeroblob(3)")]
    [InlineData("UPDATE inodes SET row = zeroblob(78)")]
    [InlineData("UPDATE inodes SET row = substr(row, 1, 60)")]
    [InlineData("UPDATE inodes SET row = CAST(row || zeroblob(145) AS BLOB)")]
    [InlineData("UPDATE inodes SET row = CAST(substr(row, 1, 2) || x'4001' || substr(row, 5) AS BLOB)")]
    [InlineData("UPDATE inodes SET row = CAST(substr(row, 1, 2) || x'4081' || substr(row, 5) AS BLOB)")]
    [InlineData("UPDATE inodes SET id = id + 9 WHERE id > 1")]
    [InlineData("DELETE FROM inodes WHERE id = 1")]
    [InlineData("DELETE FROM inodes")]
    [InlineData("UPDATE entries SET row = 'text, and more of it than 16 bytes'")]
    [InlineData("UPDATE entries SET row = substr(row, 1, 9)")]
    [InlineData("UPDATE entries SET row = substr(row, 1, 16)")]
    [InlineData("UPDATE entries SET row = CAST(row || zeroblob(256) AS BLOB)")]
    [InlineData("UPDATE entries SET row = CAST(row || x'41' AS BLOB)")]
    [InlineData("UPDATE entries SET row = CAST(substr(row, 1, 8) || x'6300000000000000' || substr(row, 17) AS BLOB)")]
    [InlineData("UPDATE entries SET row = CAST(substr(row, 9, 8) || substr(row, 9) AS BLOB)")]
    [InlineData("UPDATE entries SET cookie = cookie + 9")]
    [InlineData("DELETE FROM entries")]
    [InlineData("UPDATE xattrs SET inode = 99")]
    [InlineData("UPDATE xattrs SET inode = 1")]
    [InlineData("UPDATE xattrs SET row = x''")]
    [InlineData("UPDATE xattrs SET row = zeroblob(3)")]
    [InlineData("UPDATE xattrs SET row = zeroblob(6)")]
    [InlineData("UPDATE xattrs SET row = CAST(row || row AS BLOB)")]
    [InlineData("UPDATE xattrs SET row = CAST(x'0600ffffff7f' || substr(row, 7) AS BLOB)")]
    [InlineData("UPDATE xattrs SET row = CAST(substr(row, 1, 16) || x'41' AS BLOB)")]
    [InlineData("DELETE FROM xattrs")]
    [InlineData("ALTER TABLE xattrs DROP COLUMN row")]
    [InlineData("DELETE FROM meta WHERE key = 'state-hash'")]
    [InlineData("UPDATE meta SET value = replace(value, 'Horizon\":16', 'Horizon\":6') WHERE key = 'header'")]
    [InlineData("PRAGMA application_id = 1")]
    [InlineData("PRAGMA user_version = 4")]
    [InlineData("PRAGMA user_version = 1")]
    [InlineData("PRAGMA user_version = 0")]
    public void ADamagedIndexHasWords(string damage)
    {
        Load();
        Execute(damage);
        Assert.Throws<CheckpointException>(Load);
    }

    [Fact]
    public void AnIndexThatIsMissingOrNoDatabaseHasWords()
    {
        File.WriteAllText(_path, "no database, but long enough to be looked at as one");
        Assert.Throws<CheckpointException>(Load);
        File.WriteAllBytes(_path, []);
        Assert.Throws<CheckpointException>(Load);
        File.Delete(_path);
        Assert.Throws<CheckpointException>(Load);
    }

    [Fact]
    public void AnyFlippedBitIsEitherHarmlessOrHasWords()
    {
        byte[] whole = File.ReadAllBytes(_path);
        Random random = new(1);
        for (int round = 0; round < 300; round++)
        {
            byte[] damaged = [.. whole];
            int place = random.Next(damaged.Length);
            // Most of the file is empty pages; aim at bytes that hold something.
            place = round % 2 == 0 ? place : Array.FindIndex(damaged, place, value => value != 0) is >= 0 and int found ? found : place;
            damaged[place] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(_path, damaged);
            Exception? exception = Record.Exception(Load);
            Assert.True(exception is null or CheckpointException or JournalRefusedException, $"byte {place}: {exception}");
        }
    }

    [Fact]
    public void AnIndexOfAnAlphaVersionIsRefusedAndBothFormatsAreNamed()
    {
        Execute("PRAGMA user_version = 1");
        string words = Assert.Throws<CheckpointException>(Load).Message;
        Assert.Contains("index format 1", words, StringComparison.Ordinal);
        Assert.Contains("knows 2 to 3", words, StringComparison.Ordinal);
    }

    [Fact]
    public void AnIndexOfTheFormatBeforeIsReadAndWrittenOverInPlace()
    {
        Execute("UPDATE meta SET value = replace(value, ',\"LeaderEpoch\":5', '') WHERE key = 'header'; PRAGMA user_version = 2");
        Assert.Equal(-1, NamespaceIndex.Load(_path).Header.LeaderEpoch);
        _log.Make(ChangeKind.Mkdir, FileId.Root, "new");
        Save();
        Assert.Equal(5, NamespaceIndex.Load(_path).Header.LeaderEpoch);
        using SqliteConnection connection = Connect();
        using SqliteCommand version = connection.CreateCommand();
        version.CommandText = "PRAGMA user_version";
        Assert.Equal(3L, version.ExecuteScalar());
    }

    [Fact]
    public void AStateOfANewerFormatLevelIsRefusedAndBothLevelsAreNamed()
    {
        Change raise = new() { Kind = ChangeKind.FormatRaised, NewLevel = 9 };
        Assert.True(_log.Do(ref raise).IsAccepted);
        Save();
        JournalRefusedException refused = Assert.Throws<JournalRefusedException>(Load);
        Assert.Equal(JournalRefusal.FormatTooNew, refused.Refusal);
        Assert.Contains("level 9", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"level {ChangeCodec.Level}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AWholeCheckpointReplacesADamagedIndexAndWhatACrashLeftBesideIt()
    {
        foreach (string name in new[] { "", ".new", ".new-journal", "-journal", "-wal" })
        {
            File.WriteAllText(_path + name, "SQLite format 3\0, damaged");
        }

        TestLog other = TestLog.WithSessions(3);
        Save(other);
        Assert.Equal(other.State.StateHash, NamespaceIndex.Load(_path).State.StateHash);
        Assert.Equal([_path], Directory.GetFiles(_folder.Path));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AJournalLeftByAnInterruptedChangeDoesNotUndoTheNewIndex(bool isWhole)
    {
        byte[] former = File.ReadAllBytes(_path);
        byte[] hot = HotJournal();
        File.WriteAllBytes(_path, former);
        File.WriteAllBytes(_path + "-journal", hot);
        TestLog log = isWhole ? TestLog.WithSessions(3) : _log;
        log.Make(ChangeKind.Mkdir, FileId.Root, "new");
        Save(log);
        Assert.Equal(log.State.StateHash, NamespaceIndex.Load(_path).State.StateHash);
    }

    // The rollback journal of a transaction that a crash interrupts.
    private byte[] HotJournal()
    {
        using SqliteConnection connection = Connect();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode = DELETE; PRAGMA cache_size = 1; BEGIN; UPDATE meta SET value = zeroblob(100000);";
        command.ExecuteNonQuery();
        return File.ReadAllBytes(_path + "-journal");
    }

    private void Save(TestLog? log = null)
    {
        using NamespaceIndex index = NamespaceIndex.Open(_path);
        NamespaceDelta delta = (log ?? _log).State.Freeze();
        index.Commit(delta, Header(delta));
        delta.Complete();
    }

    private static CheckpointHeader Header(NamespaceDelta delta) =>
        new(new JournalIdentity("embedded", "", "log"), delta.Totals.NextOffset, [1], [2], delta.Totals.NextOffset + 9, LeaderEpoch: 5);

    private void Load() => NamespaceIndex.Load(_path);

    private void Execute(string sql)
    {
        using SqliteConnection connection = Connect();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private SqliteConnection Connect()
    {
        SqliteConnection connection = new(new SqliteConnectionStringBuilder { DataSource = _path, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }
}
