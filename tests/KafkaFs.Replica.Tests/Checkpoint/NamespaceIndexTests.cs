using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Checkpoint;
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
    [InlineData("UPDATE sessions SET state = '{}'")]
    [InlineData("UPDATE sessions SET state = 'null'")]
    [InlineData("UPDATE sessions SET id = id + 4294967296")]
    [InlineData("DROP TABLE sessions")]
    [InlineData("UPDATE masters SET id = 'nobody' || id")]
    [InlineData("UPDATE masters SET run = 'once' WHERE id > '00000002'")]
    [InlineData("UPDATE inodes SET attributes = zeroblob(3)")]
    [InlineData("UPDATE inodes SET attributes = zeroblob(76)")]
    [InlineData("UPDATE inodes SET identity = 7")]
    [InlineData("UPDATE inodes SET identity = zeroblob(145)")]
    [InlineData("UPDATE inodes SET target = x'41'")]
    [InlineData("UPDATE inodes SET target = x'' ")]
    [InlineData("DELETE FROM inodes WHERE id = 1")]
    [InlineData("DELETE FROM inodes")]
    [InlineData("UPDATE entries SET inode = 99")]
    [InlineData("UPDATE entries SET name = 'text'")]
    [InlineData("UPDATE entries SET name = zeroblob(256)")]
    [InlineData("UPDATE entries SET cookie = cookie + 9")]
    [InlineData("UPDATE entries SET parent = (SELECT max(id) FROM inodes)")]
    [InlineData("DELETE FROM entries")]
    [InlineData("UPDATE xattrs SET inode = 99")]
    [InlineData("INSERT INTO xattrs SELECT * FROM xattrs")]
    [InlineData("ALTER TABLE xattrs DROP COLUMN value")]
    [InlineData("PRAGMA application_id = 1")]
    [InlineData("PRAGMA user_version = 2")]
    [InlineData("PRAGMA user_version = 0")]
    public void ADamagedIndexHasWords(string damage)
    {
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
    public void SavingReplacesADamagedIndexAndWhatACrashLeftBesideIt()
    {
        foreach (string name in new[] { "", ".new", ".new-journal", "-journal" })
        {
            File.WriteAllText(_path + name, "SQLite format 3\0, damaged");
        }

        Save();
        Load();
        Assert.False(File.Exists(_path + "-journal"));
        Assert.False(File.Exists(_path + ".new"));
    }

    [Fact]
    public void AJournalLeftByAWriterInPlaceDoesNotUndoTheNewIndex()
    {
        byte[] former = File.ReadAllBytes(_path);
        byte[] hot = HotJournal();
        File.WriteAllBytes(_path, former);
        File.WriteAllBytes(_path + "-journal", hot);
        _log.Make(ChangeKind.Mkdir, FileId.Root, "new");
        Save();
        Assert.Equal(_log.State.NextOffset, NamespaceIndex.Load(_path).Header.NextOffset);
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

    private void Save() => NamespaceIndex.Save(
        _path, _log.State, new CheckpointHeader(new JournalIdentity("embedded", "", "log"), _log.State.NextOffset, [1], [2]));

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
