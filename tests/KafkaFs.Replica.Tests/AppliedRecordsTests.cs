using KafkaFs.Replica.Apply;
using KafkaFs.TestKit.Journal;
using Xunit;

namespace KafkaFs.Replica.Tests;

/// <summary>What was applied at an offset: this record, another one, or nobody knows.</summary>
public sealed class AppliedRecordsTests
{
    private readonly RecordWriter _master = new(Guid.NewGuid(), Guid.NewGuid());
    private readonly AppliedRecords _applied = new();

    [Fact]
    public void ARecordIsThereOrAnotherOne()
    {
        byte[] first = _master.Mkdir("a"), second = _master.Mkdir("b");
        _applied.Note(7, first);
        Assert.True(_applied.Holds(7, first));
        Assert.False(_applied.Holds(7, second));
        Assert.False(_applied.Holds(7, [1, 2, 3]));
    }

    // They are of no session, and all at sequence 0.
    [Fact]
    public void ARecordOutsideOfASessionIsNotTakenForAnother()
    {
        byte[] first = _master.SessionStarted(1), second = _master.SessionStarted(2);
        _applied.Note(7, first);
        Assert.True(_applied.Holds(7, first));
        Assert.False(_applied.Holds(7, second));
        Assert.False(_applied.Holds(7, _master.FilesystemCreated()));
    }

    [Fact]
    public void WhatWasNotAppliedHereOrIsTooLongAgoIsNotKnown()
    {
        byte[] record = _master.FilesystemCreated();
        Assert.Null(_applied.Holds(0, record));
        _applied.Note(0, record);
        Assert.True(_applied.Holds(0, record));
        _applied.Note(AppliedRecords.Kept, record);
        Assert.Null(_applied.Holds(0, record));
        Assert.True(_applied.Holds(AppliedRecords.Kept, record));
    }
}
