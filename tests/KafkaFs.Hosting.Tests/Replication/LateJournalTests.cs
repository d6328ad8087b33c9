using KafkaFs.Hosting.Replication;
using KafkaFs.Journal.Contract;
using KafkaFs.Journal.Embedded;
using KafkaFs.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace KafkaFs.Hosting.Tests.Replication;

/// <summary>A journal that is away at the start, and what its users meet before and after it is there.</summary>
public sealed class LateJournalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("/var/tmp");

    private EmbeddedJournalProvider Provider => new(_folder["journal.db"], NullLogger.Instance);

    [Fact]
    public async Task AJournalThatIsThereIsUsedAsItIs()
    {
        (await Provider.OpenAsync(createIfMissing: true, default)).Dispose();
        using IJournal journal = await LateJournal.OpenAsync(Provider, TestContext.Current.CancellationToken);
        Assert.IsNotType<LateJournal>(journal);
    }

    [Fact]
    public async Task AJournalThatIsAwayAnswersNothingUntilItIsThere()
    {
        using IJournal late = await LateJournal.OpenAsync(Provider, TestContext.Current.CancellationToken);
        late.Suspected = static _ => Task.FromResult(0);
        string words = $"journal file '{_folder["journal.db"]}' does not exist";
        Assert.StartsWith(words, Assert.Throws<JournalUnavailableException>(() => late.QueryBounds(0, default)).Message, StringComparison.Ordinal);
        Assert.Throws<JournalUnavailableException>(() => late.Probe(0, default));
        Assert.Throws<JournalUnavailableException>(() => late.OpenReader(0, 0));
        Assert.StartsWith(words, late.Trouble, StringComparison.Ordinal);

        using IJournal made = await Provider.OpenAsync(createIfMissing: true, TestContext.Current.CancellationToken);
        for (int attempt = 0; late.Trouble is not null; attempt++)
        {
            Assert.True(attempt < 1_000, late.Trouble);
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        Assert.Equal((made.Identity, new JournalBounds(0, 0), made.MaxRecordBytes), (late.Identity, late.QueryBounds(0, default), late.MaxRecordBytes));
    }

    [Fact]
    public async Task WhatDoesNotEndByItselfIsARefusal()
    {
        using IJournal late = await LateJournal.OpenAsync(Provider, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_folder["journal.db"], "something else", TestContext.Current.CancellationToken);
        JournalException? found = null;
        for (int attempt = 0; found is not JournalRefusedException; attempt++)
        {
            Assert.True(attempt < 1_000, $"{found}");
            found = Assert.ThrowsAny<JournalException>(() => late.Probe(0, default));
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        await Assert.ThrowsAsync<JournalRefusedException>(() => LateJournal.OpenAsync(Provider, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task OneThatComesAfterItsEndIsClosed()
    {
        IJournal late = await LateJournal.OpenAsync(Provider, TestContext.Current.CancellationToken);
        late.Dispose();
        Assert.Throws<ObjectDisposedException>(() => late.QueryBounds(0, default));
    }

    public void Dispose() => _folder.Dispose();
}
