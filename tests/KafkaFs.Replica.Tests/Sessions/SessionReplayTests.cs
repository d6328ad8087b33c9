using System.Globalization;
using KafkaFs.Journal.Check;
using KafkaFs.Journal.Codec;
using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Sessions;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Journal;
using Xunit;

namespace KafkaFs.Replica.Tests.Sessions;

/// <summary>Sessions are found by reading a journal without building its tree.</summary>
public sealed class SessionReplayTests
{
    // The golden log has every kind of record and every reason to be void.
    [Fact]
    public void AfterEveryRecordTheSessionsAreThoseOfAWholeReplica()
    {
        SessionReplay sessions = new();
        NamespaceState state = new();
        Evaluation evaluation = new(state);
        Effects effects = new();
        foreach (string line in File.ReadLines(Path.Combine(Environments.Repository, "tests/KafkaFs.TestKit/Golden/log-level1.txt")).TakeWhile(line => line.Length > 0))
        {
            string[] parts = line.Split(' ', 3);
            (long timeMs, byte[] bytes) = (long.Parse(parts[0], CultureInfo.InvariantCulture), Convert.FromHexString(parts[1]));
            bool wellFormed = ChangeCodec.TryDecode(bytes, out Change change, out _);
            effects.Clear();
            long offset = state.NextOffset;
            state.Publish(change, evaluation.Evaluate(change, wellFormed, offset, timeMs, effects), effects, offset);
            sessions.Replay(new JournalRecord(offset, timeMs, bytes));
            Assert.Equal(
                state.Sessions.OrderBy(pair => pair.Key.Number).Select(pair => (pair.Key, pair.Value.Master, pair.Value.Run)),
                sessions.Open.Select(session => (session.Id, session.Master, session.Run)));
        }

        Assert.True(sessions.NextOffset > 100);
    }

    [Fact]
    public void OnlyWhatUsesUpASequenceCountsAsARecordOfASession()
    {
        VolatileJournal journal = new();
        RecordWriter writer = new(Guid.NewGuid(), Guid.NewGuid());
        journal.Land(writer.FilesystemCreated());
        journal.Land(writer.SessionStarted());
        byte[] made = writer.Mkdir("a");
        journal.Land(made);
        journal.Land(made);
        journal.Land(writer.Mkdir("a"));
        OpenSession session = Assert.Single(SessionReplay.Read(journal, "the journal", acceptedGap: null, TestContext.Current.CancellationToken).Open);
        Assert.Equal(2, session.Records);
        Assert.Equal(VolatileJournal.AppendTimeMs, session.StartedMs);
    }

    [Fact]
    public void AnAcceptedGapAtTheEndIsNotWaitedFor()
    {
        VolatileJournal journal = new() { BoundsEnd = 3 };
        RecordWriter writer = new(Guid.NewGuid(), Guid.NewGuid());
        journal.Land(writer.FilesystemCreated());
        journal.Land(writer.SessionStarted());
        Assert.Single(SessionReplay.Read(journal, "the journal", new OffsetGap(2, 2), TestContext.Current.CancellationToken).Open);
    }

    [Fact]
    public void AJournalThatHasForgottenItsStartIsRefused()
    {
        VolatileJournal journal = new() { First = 1 };
        journal.Land([1]);
        Assert.Throws<JournalRefusedException>(() => SessionReplay.Read(journal, "the journal", acceptedGap: null, TestContext.Current.CancellationToken));
    }
}
