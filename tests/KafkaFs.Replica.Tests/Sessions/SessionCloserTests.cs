using KafkaFs.Journal;
using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Rejoin;
using KafkaFs.Replica.Sessions;
using KafkaFs.TestKit.Journal;
using Xunit;

namespace KafkaFs.Replica.Tests.Sessions;

/// <summary>Closing a session from outside: what is appended, and what the journal then says.</summary>
public sealed class SessionCloserTests
{
    private static readonly Guid s_filesystem = Guid.NewGuid();

    [Fact]
    public void ASessionIsClosedInAShortSessionOfItsOwn()
    {
        VolatileJournal journal = WithSessions(2);
        Close(journal, 2);
        Assert.Equal(3, journal.Handed.Count);
        OpenSession left = Assert.Single(Read(journal).Open);
        Assert.Equal(new SessionId(1), left.Id);
    }

    [Fact]
    public void WhatAClosedMasterStillHadInFlightIsVoid()
    {
        VolatileJournal journal = WithSessions(1);
        RecordWriter master = new(s_filesystem, Master(1));
        journal.Land(master.Mkdir("before"));
        Close(journal, 1);
        journal.Land(master.Mkdir("late"));
        SessionReplay sessions = Read(journal);
        Assert.Empty(sessions.Open);
        // The master's next run is as good as ever.
        journal.Land(new RecordWriter(s_filesystem, Master(1)).SessionStarted(run: 2));
        Assert.Equal(2UL, Assert.Single(Read(journal).Open).Run);
    }

    [Fact]
    public void WhereTheTableIsFullTheNextRunOfTheSameMasterEndsIt()
    {
        VolatileJournal journal = WithSessions(NamespaceState.MaxSessions);
        Assert.True(Read(journal).IsFull);
        Close(journal, 7);
        SessionReplay sessions = Read(journal);
        Assert.Null(sessions.Find(new SessionId(7)));
        Assert.Equal(NamespaceState.MaxSessions - 1, sessions.Open.Count());
    }

    [Fact]
    public async Task ARecordOfWhichTheJournalDoesNotKnowGoesAgainTheSameBytes()
    {
        VolatileJournal journal = WithSessions(1, landsAll: false);
        Task closing = Task.Run(() => Close(journal, 1), TestContext.Current.CancellationToken);
        await HandedAsync(journal, 1, closing);
        journal.Report(0, AppendResult.Unknown("lost on the way"));
        await HandedAsync(journal, 2, closing);
        Assert.Equal(journal.Handed[0].Record, journal.Handed[1].Record);

        // Both land, as a broker that was only slow may do it: the second is void.
        journal.Land(journal.Handed[0].Record);
        journal.Accept(1);
        for (int handed = 2; handed < 4; handed++)
        {
            await HandedAsync(journal, handed + 1, closing);
            journal.Accept(handed);
        }

        await closing;
        Assert.Empty(Read(journal).Open);
    }

    [Fact]
    public async Task ARefusedRecordIsAFailureWithWords()
    {
        VolatileJournal journal = WithSessions(1, landsAll: false);
        Task closing = Task.Run(() => Close(journal, 1), TestContext.Current.CancellationToken);
        await HandedAsync(journal, 1, closing);
        journal.Report(0, AppendResult.Refused("not today"));
        JournalRefusedException refused = await Assert.ThrowsAsync<JournalRefusedException>(() => closing);
        Assert.Contains("not today", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WithoutAProducerNothingIsLeftOpen()
    {
        VolatileJournal journal = WithSessions(1);
        journal.Opening = static () => throw new JournalUnavailableException("no producer");
        SessionReplay sessions = Read(journal);
        int open = journal.OpenReaders;
        Assert.Throws<JournalUnavailableException>(() => new SessionCloser(journal, sessions, TimeProvider.System));
        Assert.Throws<JournalUnavailableException>(() => new JournalSeeder(journal, static _ => { }, CancellationToken.None));
        Assert.Equal(open, journal.OpenReaders);
    }

    private static async Task HandedAsync(VolatileJournal journal, int count, Task closing)
    {
        for (int attempt = 0; journal.Handed.Count < count; attempt++)
        {
            Assert.True(attempt < 2_000 && !closing.IsFaulted, "Nothing more was handed over.");
            await Task.Delay(5);
        }
    }

    private static void Close(VolatileJournal journal, uint session)
    {
        SessionReplay sessions = Read(journal);
        using SessionCloser closer = new(journal, sessions, TimeProvider.System);
        closer.Close(sessions.Find(new SessionId(session))!, TestContext.Current.CancellationToken);
        Assert.Null(sessions.Find(new SessionId(session)));
    }

    private static SessionReplay Read(VolatileJournal journal) => SessionReplay.Read(journal, "the journal", acceptedGap: null, TestContext.Current.CancellationToken);

    private static VolatileJournal WithSessions(int count, bool landsAll = true)
    {
        VolatileJournal journal = new() { LandsAll = landsAll };
        journal.Land(new RecordWriter(s_filesystem, Master(1)).FilesystemCreated());
        for (int master = 1; master <= count; master++)
        {
            journal.Land(new RecordWriter(s_filesystem, Master(master)).SessionStarted());
        }

        return journal;
    }

    private static Guid Master(int number) => new(number, 0, 0, [0, 0, 0, 0, 0, 0, 0, 1]);
}
