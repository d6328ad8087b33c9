using KafkaFs.Journal.Contract;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Journal;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace KafkaFs.Journal.Embedded.Tests;

public sealed class EmbeddedConformanceTests : JournalConformance, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    protected override IJournalProvider Provider => new EmbeddedJournalProvider(_folder["journal.db"], NullLogger.Instance);

    [Fact]
    public async Task AFileThatIsNoJournalIsRefused()
    {
        File.WriteAllText(_folder["journal.db"], "this is a text file, long enough to be taken for something else entirely");
        JournalRefusedException refused = await Assert.ThrowsAsync<JournalRefusedException>(() => Provider.OpenAsync(true, default));
        Assert.Equal(JournalRefusal.NotAJournal, refused.Refusal);
        Assert.StartsWith("this is a text", File.ReadAllText(_folder["journal.db"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ANewerFormatIsRefused()
    {
        (await Provider.OpenAsync(true, default)).Dispose();
        using (Microsoft.Data.Sqlite.SqliteConnection connection = new($"Data Source={_folder["journal.db"]};Pooling=False"))
        {
            connection.Open();
            using Microsoft.Data.Sqlite.SqliteCommand command = connection.CreateCommand();
            command.CommandText = "PRAGMA user_version = 99";
            command.ExecuteNonQuery();
        }

        JournalRefusedException refused = await Assert.ThrowsAsync<JournalRefusedException>(() => Provider.OpenAsync(false, default));
        Assert.Equal(JournalRefusal.FormatTooNew, refused.Refusal);
    }

    public void Dispose() => _folder.Dispose();

    protected override IJournalProvider OtherProvider() => new EmbeddedJournalProvider(_folder["other.db"], NullLogger.Instance);
}
