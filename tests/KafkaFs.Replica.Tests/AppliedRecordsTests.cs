using KafkaFs.Journal.Codec;
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
        Note(7, first);
        Assert.True(_applied.Holds(7, first));
        Assert.False(_applied.Holds(7, second));
        Assert.False(_applied.Holds(7, [1, 2, 3]));
    }

    [Fact]
    public void WhatWasNotAppliedHereOrIsTooLongAgoIsNotKnown()
    {
        byte[] record = _master.FilesystemCreated();
        Assert.Null(_applied.Holds(0, record));
        Note(0, record);
        Assert.True(_applied.Holds(0, record));
        Note(AppliedRecords.Kept, record);
        Assert.Null(_applied.Holds(0, record));
        Assert.True(_applied.Holds(AppliedRecords.Kept, record));
    }

    private void Note(long offset, byte[] record)
    {
        Assert.True(ChangeCodec.TryDecode(record, out Change change, out _));
        _applied.Note(offset, change.Header);
    }
}
