using KafkaFs.Journal.Codec;
using KafkaFs.MasterHost.Session;
using KafkaFs.Posix;
using KafkaFs.Replica.Namespace;
using Xunit;

namespace KafkaFs.MasterHost.Tests;

public sealed class PendingTableTests
{
    private readonly PendingTable _table = new();

    [Fact]
    public void CallsAreAcceptedInTheOrderOfTheirSequence()
    {
        HandOver(3);
        Assert.Equal(3UL, _table.NextSequence);
        Assert.Equal(0UL, _table.Accept(0)!.Sequence);
        Assert.Null(_table.Accept(2));
        Assert.Equal(1UL, _table.Accept(1)!.Sequence);
        Assert.Equal([2UL], _table.TakeAll().Select(call => call.Sequence));
    }

    [Fact]
    public void OnlyWhatWasNotHandedOverCanBeWithdrawn()
    {
        HandOver(1);
        Call waiting = new();
        _table.Enqueue(waiting);
        Assert.False(_table.TryWithdraw(_table.Find(0)!));
        Assert.True(_table.TryWithdraw(waiting));
        Assert.False(_table.TryWithdraw(waiting));
    }

    private void HandOver(int count)
    {
        for (int index = 0; index < count; index++)
        {
            Call call = new() { Sequence = _table.NextSequence };
            _table.Enqueue(call);
            _table.MoveToHandedOver(call);
        }
    }

    private sealed class Call : PendingCall
    {
        public override void Complete(in Change change, Outcome outcome, Effects effects)
        {
        }

        public override void Abandon(Errno errno)
        {
        }
    }
}
