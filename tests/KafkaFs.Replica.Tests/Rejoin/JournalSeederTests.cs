using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Rejoin;
using KafkaFs.TestKit.Journal;
using Xunit;

namespace KafkaFs.Replica.Tests.Rejoin;

/// <summary>The writer of a new journal, with a journal that forgets, repeats, refuses and is not its own.</summary>
public sealed class JournalSeederTests : IDisposable
{
    private readonly VolatileJournal _journal = new();
    private readonly RecordWriter _writer = new(Guid.NewGuid(), Guid.NewGuid());
    private readonly CancellationTokenSource _stop = new();
    private readonly JournalSeeder _seeder;

    public JournalSeederTests()
    {
        _seeder = new JournalSeeder(_journal, _ => { }, _stop.Token);
        _seeder.Append(_writer.FilesystemCreated());
        _journal.Accept(0);
        _seeder.Drain();
        _seeder.Append(_writer.SessionStarted());
        _journal.Accept(1);
        _seeder.Drain();
    }

    [Fact]
    public async Task WhatTheJournalDoesNotKnowGoesAgainWithAllAfterIt()
    {
        Append(3);
        _journal.Report(2, AppendResult.Unknown("lost"));
        _journal.Land(_journal.Handed[3].Record);
        _journal.Report(3, AppendResult.PlacedSomewhere());
        Task drained = Task.Run(_seeder.Drain, TestContext.Current.CancellationToken);
        await Task.Delay(100, TestContext.Current.CancellationToken);
        Assert.Equal(5, _journal.Handed.Count);
        _journal.Accept(4);
        await HandedAsync(8);
        Assert.Equal(_journal.Handed[2..5].Select(handed => handed.Record), _journal.Handed[5..8].Select(handed => handed.Record));
        _journal.Accept(5);
        _journal.Accept(6);
        _journal.Accept(7);
        await drained;
        Assert.Equal(4, _seeder.State.InodeCount);
        Assert.Equal(7, _seeder.State.NextOffset);
    }

    [Fact]
    public void ARecordOfSomebodyElseEndsIt()
    {
        _journal.Land(new RecordWriter(_seeder.State.Filesystem, Guid.NewGuid()).SessionStarted());
        Append(1);
        _journal.Accept(2);
        JournalRefusedException refused = Assert.Throws<JournalRefusedException>(_seeder.Drain);
        Assert.Contains("somebody else writes", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void BytesThatAreNoRecordAreVoidHereAsEverywhere()
    {
        _journal.Land("garbage"u8.ToArray());
        Append(1);
        _journal.Accept(2);
        _seeder.Drain();
        Assert.Equal((2, 4), (_seeder.State.InodeCount, (int)_seeder.State.NextOffset));
    }

    [Fact]
    public void AJournalThatRefusesOrFailsEndsIt()
    {
        Append(2);
        _journal.Report(2, AppendResult.Refused("too large"));
        Assert.Contains("too large", Assert.Throws<JournalRefusedException>(_seeder.Drain).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NoMoreIsPendingThanTheWindow()
    {
        Task appended = Task.Run(() => Append(1_025), TestContext.Current.CancellationToken);
        await HandedAsync(1_026);
        await Task.Delay(50, TestContext.Current.CancellationToken);
        Assert.Equal(1_026, _journal.Handed.Count);
        _journal.Accept(2);
        await appended;
        await _stop.CancelAsync();
        Assert.Throws<OperationCanceledException>(_seeder.Drain);
    }

    public void Dispose()
    {
        _seeder.Dispose();
        _stop.Dispose();
    }

    private void Append(int directories)
    {
        for (int index = 0; index < directories; index++)
        {
            _seeder.Append(_writer.Mkdir($"d{index}"));
        }
    }

    private async Task HandedAsync(int count)
    {
        for (int attempt = 0; _journal.Handed.Count < count; attempt++)
        {
            Assert.True(attempt < 1_000, $"{_journal.Handed.Count} of {count} records were handed over.");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }
}
