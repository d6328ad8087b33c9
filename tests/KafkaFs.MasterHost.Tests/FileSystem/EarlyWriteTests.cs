using System.Buffers.Binary;
using System.Text;
using KafkaFs.Fuse.Abi;
using KafkaFs.Fuse.Tests;
using KafkaFs.Journal;
using KafkaFs.Posix;
using Xunit;

namespace KafkaFs.MasterHost.Tests.FileSystem;

/// <summary>Writes that are answered before they are in the journal (design/mount.md, "Writes that are answered early").</summary>
public sealed class EarlyWriteTests : IDisposable
{
    private const uint Append = 0x402;
    private const uint DataSync = 0x1002;

    private readonly MasterUnderTest _master = MasterUnderTest.Start();
    private readonly FileId _node;
    private readonly ulong _handle;

    public EarlyWriteTests() => (_node, _handle) = _master.Created("file");

    [Fact]
    public void AWriteIsAnsweredWhileTheJournalTakesNothing()
    {
        _master.IsStalled = true;
        Assert.Equal(Errno.None, Write(0, "content"));
    }

    [Fact]
    public void G2_NoAnswerShowsASizeOlderThanAnAnsweredWrite()
    {
        _master.IsStalled = true;
        Write(100, "content");
        Assert.Equal((107UL, 0UL), SizeAndValidity(_master.Call(_master.Request(FuseOpcode.GetAttr, _node.Value).U32(0).U32(0).U64(0)).Data, 0));
        Assert.Equal((107UL, 0UL), SizeAndValidity(_master.Call(_master.Request(FuseOpcode.Lookup, 1).Name("file")).Data, 40));
        _master.IsStalled = false;
        Assert.Equal(Errno.None, _master.Flush(_node, _handle));
        Assert.Equal(107UL, _master.GetAttr(_node).Size);
    }

    // A stale size would make the kernel cut its pages, and the next append would fall upon the beginning.
    [Fact]
    public void G2_ReadDirPlusGivesNoNodeForAFileWithPendingWrites()
    {
        _master.IsStalled = true;
        Write(0, "content");
        Assert.Equal(0UL, NodeInReadDirPlus("file"));
        _master.IsStalled = false;
        _master.Flush(_node, _handle);
        Assert.Equal(_node.Value, NodeInReadDirPlus("file"));
    }

    [Fact]
    public void G2_AReadWaitsForTheWritesBeforeIt()
    {
        _master.IsStalled = true;
        Write(0, "content");
        _master.Serve(_master.Request(FuseOpcode.Read, _node.Value).U64(_handle).U64(0).U32(4_096).U32(0).U64(0).U32(0).U32(0));
        _master.AssertNoAnswer();
        _master.IsStalled = false;
        Assert.Equal("content", Encoding.ASCII.GetString(_master.Answer().Data));
    }

    [Theory]
    [InlineData(FuseOpcode.Flush)]
    [InlineData(FuseOpcode.FSync)]
    public void G2_FlushAndFSyncAreAnsweredWhenTheWritesAreApplied(FuseOpcode opcode)
    {
        _master.IsStalled = true;
        Write(0, "content");
        _master.Serve(_master.Request(opcode, _node.Value).U64(_handle).U32(0).U32(0).U64(0));
        _master.AssertNoAnswer();
        _master.IsStalled = false;
        Assert.Equal(Errno.None, _master.Answer().Errno);
        Assert.Equal("content", _master.Read(_node, _handle));
    }

    [Fact]
    public void G2_AWriteOfASynchronousHandleIsAnsweredWhenItIsApplied()
    {
        _master.IsStalled = true;
        _master.Serve(_master.WriteRequest(_node, _handle, 0, "content"u8.ToArray(), DataSync));
        _master.AssertNoAnswer();
        _master.IsStalled = false;
        Assert.Equal(7U, BitConverter.ToUInt32(_master.Answer().Data));
    }

    [Fact]
    public void AdjacentWritesThatWaitBecomeOneRecord()
    {
        long before = _master.Records;
        _master.IsStalled = true;
        foreach (int part in Enumerable.Range(0, 5))
        {
            Write((ulong)part * 2, $"{part};");
        }

        _master.IsStalled = false;
        _master.Flush(_node, _handle);
        Assert.Equal(1, _master.Records - before);
        Assert.Equal("0;1;2;3;4;", _master.Read(_node, _handle));
    }

    [Fact]
    public void AppendsThatWaitBecomeOneRecord()
    {
        Write(0, "head;");
        _master.Flush(_node, _handle);
        long before = _master.Records;
        _master.IsStalled = true;
        Write(5, "a;", Append);
        Write(7, "b;", Append);
        Assert.Equal(9UL, _master.GetAttr(_node).Size);
        _master.IsStalled = false;
        _master.Flush(_node, _handle);
        Assert.Equal(1, _master.Records - before);
        Assert.Equal("head;a;b;", _master.Read(_node, _handle));
    }

    [Fact]
    public void AWriteElsewhereIsARecordOfItsOwn()
    {
        long before = _master.Records;
        _master.IsStalled = true;
        Write(0, "aa");
        Write(4, "bb");
        Write(2, "cc");
        _master.IsStalled = false;
        _master.Flush(_node, _handle);
        Assert.Equal(3, _master.Records - before);
        Assert.Equal("aaccbb", _master.Read(_node, _handle));
    }

    // Else the second half would be cut off with the first.
    [Fact]
    public void NothingIsMergedAcrossAnotherRecordOfTheInode()
    {
        _master.IsStalled = true;
        Write(0, "aaaa");
        _master.Serve(_master.Request(FuseOpcode.SetAttr, _node.Value).U32(8).U32(0).U64(0).U64(2).U64(0).U64(0).U64(0).U64(0).U32(0).U32(0).U32(0).U32(0).U32(0).U32(0).U32(0).U32(0));
        Write(4, "bbbb");
        _master.IsStalled = false;
        Assert.Equal(Errno.None, _master.Answer().Errno);
        _master.Flush(_node, _handle);
        Assert.Equal("aa\0\0bbbb", _master.Read(_node, _handle));
    }

    // A log that is always written to, and that somebody cuts: tail -F goes by the size.
    [Fact]
    public void G2_WhatIsCutShowsThoughAWriteBehindItIsPending()
    {
        _master.IsStalled = true;
        Write(1_000, "content");
        _master.Serve(SetAttr(8).U32(0).U32(0).U32(0).U32(0).U32(0));
        Write(0, "0123456789");
        Assert.Equal(1_007UL, _master.GetAttr(_node).Size);
        _master.Let(2);
        Assert.Equal(Errno.None, _master.Answer().Errno);
        Assert.Equal(10UL, _master.GetAttr(_node).Size);
        _master.IsStalled = false;
        _master.Flush(_node, _handle);
        Assert.Equal("0123456789", _master.Read(_node, _handle));
    }

    // Or answered when it is applied.
    [Theory]
    [InlineData(2U /* O_RDWR */)]
    [InlineData(0x1002U /* O_RDWR | O_DSYNC */)]
    public void OfAWriteAcrossTheLargestSizeWhatFitsIsWritten(uint openFlags)
    {
        const ulong largest = (1UL << 44) - 4_096;
        (Errno errno, byte[] data) = _master.Call(_master.WriteRequest(_node, _handle, largest - 4, new byte[10], openFlags));
        Assert.Equal((Errno.None, 4U), (errno, BitConverter.ToUInt32(data)));
        Assert.Equal(Errno.EFBIG, _master.Call(_master.WriteRequest(_node, _handle, largest, new byte[1], openFlags)).Errno);
        Assert.Equal(largest, _master.GetAttr(_node).Size);
    }

    [Fact]
    public void APendingWriteOfSomebodyWithoutRightsDropsSuidForEveryAnswer()
    {
        _master.Call(_master.Request(FuseOpcode.SetAttr, _node.Value).U32(1).U32(0).U64(0).U64(0).U64(0).U64(0).U64(0).U64(0).U32(0).U32(0).U32(0).U32(0x89ed).U32(0).U32(0).U32(0).U32(0));
        Assert.Equal(0x89edU, _master.GetAttr(_node).Mode);
        _master.IsStalled = true;
        const uint killSuidGid = 4;
        _master.Call(_master.Request(FuseOpcode.Write, _node.Value).U64(_handle).U64(0).U32(1).U32(killSuidGid).U64(0).U32(2).U32(0).Raw([1]));
        Assert.Equal(0x81edU, _master.GetAttr(_node).Mode);
    }

    // A write sets the time of now, whatever was set before: also where that lies in the future.
    [Fact]
    public void G2_APendingWriteEndsAnMtimeInTheFuture()
    {
        const uint mtime = 1 << 5;
        const ulong future = 8_000_000_000;
        _master.Call(_master.Request(FuseOpcode.SetAttr, _node.Value).U32(mtime).U32(0).U64(0).U64(0).U64(0).U64(0).U64(future).U64(0).U32(0).U32(0).U32(0).U32(0).U32(0).U32(0).U32(0).U32(0));
        Assert.Equal(future, MtimeSeconds());
        _master.IsStalled = true;
        Write(0, "content");
        ulong shown = MtimeSeconds();
        Assert.InRange(shown, 1UL, future - 1);
        _master.IsStalled = false;
        _master.Flush(_node, _handle);
        Assert.Equal(shown, MtimeSeconds());
    }

    // The second file's record is behind the first one's: a later time there would move its own on.
    [Fact]
    public void G2_AWriteThatGrowsDoesNotMoveTheTimeThatAnotherFileShows()
    {
        (FileId other, ulong otherHandle) = _master.Created("other");
        _master.IsStalled = true;
        Write(0, "aa");
        _master.Write(other, otherHandle, 0, "bb");
        ulong shown = MtimeNs(other);
        Write(2, "aa");
        ulong own = MtimeNs(_node);
        Write(4, "aa");
        Assert.True(MtimeNs(_node) > own, "A write is a change.");
        _master.IsStalled = false;
        _master.Flush(_node, _handle);
        _master.Flush(other, otherHandle);
        Assert.Equal(shown, MtimeNs(other));
        Assert.Equal("aaaaaa", _master.Read(_node, _handle));
    }

    // chown(2) that names nobody comes as what a write of who may not keep suid sends before it: only who has a file open can mean that.
    [Theory]
    [InlineData(0U, false, Errno.None, 0x81edU)]
    [InlineData(1_000U, false, Errno.None, 0x81edU)]
    [InlineData(1_001U, false, Errno.EPERM, 0x89edU)]
    [InlineData(1_001U, true, Errno.None, 0x81edU)]
    public void SuidIsDroppedByItsOwnerAndRootAndWhoWrites(uint user, bool isOpen, Errno errno, uint mode)
    {
        _master.Call(SetAttr(1).U32(0x89ed).U32(0).U32(0).U32(0).U32(0));
        if (!isOpen)
        {
            _master.Call(_master.Request(FuseOpcode.Release, _node.Value).U64(_handle).U32(2).U32(0).U64(0));
        }

        Assert.Equal(errno, _master.Call(SetAttr(0).U32(0).U32(0).U32(0).U32(0).U32(0).As(user)).Errno);
        Assert.Equal(mode, _master.GetAttr(_node).Mode);
    }

    // Without the mode and what follows it.
    private RequestBytes SetAttr(uint valid) => _master.Request(FuseOpcode.SetAttr, _node.Value).U32(valid).U32(0).U64(0).U64(0).U64(0).U64(0).U64(0).U64(0).U32(0).U32(0).U32(0);

    private ulong MtimeNs(FileId node)
    {
        byte[] data = _master.Call(_master.Request(FuseOpcode.GetAttr, node.Value).U32(0).U32(0).U64(0)).Data;
        return (BitConverter.ToUInt64(data, 48) * 1_000_000_000) + BitConverter.ToUInt32(data, 68);
    }

    private ulong MtimeSeconds() => BitConverter.ToUInt64(_master.Call(_master.Request(FuseOpcode.GetAttr, _node.Value).U32(0).U32(0).U64(0)).Data, 48);

    public void Dispose() => _master.Dispose();

    private Errno Write(ulong offset, string text, uint openFlags = 2) =>
        _master.Call(_master.WriteRequest(_node, _handle, offset, Encoding.ASCII.GetBytes(text), openFlags)).Errno;

    // struct fuse_attr_out and fuse_entry_out: the validity of the attributes in seconds and nanoseconds, and the attributes' size.
    private static (ulong Size, ulong Validity) SizeAndValidity(byte[] data, int attributes)
    {
        int validity = attributes == 0 ? 0 : 24;
        int validityNs = attributes == 0 ? 8 : 36;
        int size = (attributes == 0 ? 16 : attributes) + 8;
        return (BitConverter.ToUInt64(data, size), BitConverter.ToUInt64(data, validity) + BitConverter.ToUInt32(data, validityNs));
    }

    private ulong NodeInReadDirPlus(string name)
    {
        const int entryBytes = 128, direntBytes = 24;
        ulong handle = BitConverter.ToUInt64(_master.Call(_master.Request(FuseOpcode.OpenDir, 1).U32(0).U32(0)).Data);
        ReadOnlySpan<byte> data = _master.Call(_master.Request(FuseOpcode.ReadDirPlus, 1).U64(handle).U64(0).U32(65_536).U32(0).U64(0).U32(0).U32(0)).Data;
        while (!data.IsEmpty)
        {
            int length = (int)BinaryPrimitives.ReadUInt32LittleEndian(data[(entryBytes + 16)..]);
            if (data.Slice(entryBytes + direntBytes, length).SequenceEqual(Encoding.ASCII.GetBytes(name)))
            {
                return BinaryPrimitives.ReadUInt64LittleEndian(data);
            }

            data = data[(entryBytes + ((direntBytes + length + 7) & ~7))..];
        }

        throw new InvalidOperationException($"{name} is not in the directory.");
    }
}
