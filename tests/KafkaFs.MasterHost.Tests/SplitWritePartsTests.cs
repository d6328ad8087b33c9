using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.MasterHost.Session;
using KafkaFs.Posix;
using KafkaFs.Replica.Namespace;
using Xunit;

namespace KafkaFs.MasterHost.Tests;

/// <summary>The parts of one Write, completed by whoever applies them and given up by whoever ends the session, at the same time.</summary>
public sealed class SplitWritePartsTests
{
    private const int Parts = 2_000;
    private const int PartBytes = 4_096;

    private static readonly Effects s_effects = new();

    [Fact]
    public void TheWholeIsAnsweredOnceWhoeverIsThroughWithTheLastPart()
    {
        for (int round = 0; round < 50; round++)
        {
            Whole whole = new() { Record = Write() };
            List<PendingCall> parts = SplitWrite.Split(whole, PartBytes + 300);
            Assert.Equal(Parts, parts.Count);
            using Barrier start = new(2);
            Parallel.Invoke(
                () => Through(parts.Take(Parts / 2), start, static part => part.Complete(new Change(), Outcome.Success, s_effects)),
                () => Through(parts.Skip(Parts / 2), start, static part => part.Abandon(Errno.EIO)));
            Assert.Equal((1, Errno.EIO), (whole.Answers, whole.Errno));
        }
    }

    private static void Through(IEnumerable<PendingCall> parts, Barrier start, Action<PendingCall> part)
    {
        PendingCall[] mine = [.. parts];
        start.SignalAndWait(TestContext.Current.CancellationToken);
        Array.ForEach(mine, part);
    }

    private static byte[] Write()
    {
        Change change = new() { Kind = ChangeKind.Write, Inode = FileId.Of(new SessionId(1), 1), Data = new byte[Parts * PartBytes] };
        change.Header.Filesystem = Guid.NewGuid();
        change.Header.Level = ChangeCodec.Level;
        change.Header.Session = new SessionId(1);
        return ChangeCodec.Encode(change);
    }

    private sealed class Whole : PendingCall
    {
        private int _answers;

        public int Answers => _answers;

        public Errno Errno { get; private set; }

        public override void Complete(in Change change, Outcome outcome, Effects effects) => throw new InvalidOperationException("It went in parts.");

        public override void Abandon(Errno errno) => throw new InvalidOperationException("It went in parts.");

        public override Errno ApplyPart(in Change part, Effects effects) => Errno.None;

        public override void CompleteParts(uint written, Errno errno)
        {
            Interlocked.Increment(ref _answers);
            Errno = errno;
        }
    }
}
