using KafkaFs.Cli.Log;
using KafkaFs.Journal.Check;
using KafkaFs.Journal.Contract;
using KafkaFs.Journal.Embedded;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Journal;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace KafkaFs.Cli.Tests;

public sealed class LogRangeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("/var/tmp");
    private readonly StringWriter _output = new();

    [Fact]
    public async Task AnAcceptedGapAtTheEndIsNotWaitedFor()
    {
        VolatileJournal journal = new() { BoundsEnd = 3 };
        journal.Land([1]);
        await PrintAsync(new LogRange("start", long.MaxValue, follow: false, new OffsetGap(1, 2)), journal);
        Assert.Single(_output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task G4_ALogThatIsFollowedAndIsAnotherNowIsRefused()
    {
        string file = _folder["journal.db"];
        using IJournal journal = await new EmbeddedJournalProvider(file, NullLogger.Instance).OpenAsync(true, TestContext.Current.CancellationToken);
        File.Copy(file, _folder["copy"]);
        File.Move(_folder["copy"], file, overwrite: true);
        JournalRefusedException refused = await Assert.ThrowsAsync<JournalRefusedException>(
            () => PrintAsync(new LogRange("end", long.MaxValue, follow: true, gap: null), journal));
        Assert.Contains("another file was put in the place", refused.Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _output.Dispose();
        _folder.Dispose();
    }

    private async Task PrintAsync(LogRange range, IJournal journal)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(30));
        Assert.True(range.TryPlace(journal.QueryBounds(0, limit.Token), out long start, out _));
        await range.PrintAsync(journal, start, new RecordPrinter(_output, json: false, withData: false), limit.Token);
        Assert.False(limit.IsCancellationRequested);
    }
}
