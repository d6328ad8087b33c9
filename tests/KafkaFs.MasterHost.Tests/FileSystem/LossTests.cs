using KafkaFs.Journal;
using KafkaFs.Posix;
using Xunit;

namespace KafkaFs.MasterHost.Tests.FileSystem;

/// <summary>Who is told that a write was lost after its answer.</summary>
public sealed class LossTests : IDisposable
{
    private const uint ReadOnly = 0;

    // As OnStall = fail: who waits for a write is told of it before it is lost.
    private readonly MasterUnderTest _master = MasterUnderTest.Start(stallAfterSeconds: 1, changeTimeoutSeconds: 3);
    private readonly FileId _node;
    private readonly ulong _handle;

    public LossTests() => (_node, _handle) = _master.Created("file");

    [Fact]
    public void EachHandleTellsItOnce()
    {
        ulong other = _master.Open(_node);
        Lose();
        Assert.Equal((Errno.EIO, Errno.None), (FSync(), FSync()));
        Assert.Equal((Errno.EIO, Errno.None), (FSync(other), FSync(other)));
        Assert.Equal(0UL, _master.GetAttr(_node).Size);
    }

    // execve(2) of a child closes what its parent has open too, and looks at no result.
    [Fact]
    public void CloseTellsItAndLeavesItToFsync()
    {
        Lose();
        Assert.Equal((Errno.EIO, Errno.EIO), (_master.Flush(_node, _handle), _master.Flush(_node, _handle)));
        Assert.Equal((Errno.EIO, Errno.None), (FSync(), _master.Flush(_node, _handle)));
    }

    // sync(1) opens a file for reading.
    [Fact]
    public void AHandleThatOnlyReadsTellsWhatWasLostWhileItsFsyncWaited()
    {
        ulong reader = _master.Open(_node, ReadOnly);
        _master.IsStalled = true;
        Write(0, "content");
        _master.Serve(_master.FSyncRequest(_node, reader));
        _master.EndSession();
        Assert.Equal(Errno.EIO, _master.Answer().Errno);
        Assert.Equal(Errno.None, FSync(reader));
    }

    [Fact]
    public void G6_WhatFsyncWasToldOfIsNotToldAgainByClose()
    {
        ulong other = _master.Open(_node);
        _master.IsStalled = true;
        Write(0, "content");
        Assert.Equal(Errno.EIO, FSync());
        _master.AwaitNothingPending();
        _master.IsStalled = false;
        Assert.Equal(Errno.None, _master.Flush(_node, _handle));
        Assert.Equal((Errno.EIO, Errno.None), (FSync(other), FSync(other)));
        Assert.Equal(0UL, _master.GetAttr(_node).Size);
    }

    // Told with its outcome unknown.
    [Fact]
    public void G6_WhatTheJournalHadAfterAllHidesNoLaterLoss()
    {
        _master.IsSilent = true;
        Write(0, "content");
        Assert.Equal(Errno.EIO, FSync());
        _master.IsSilent = false;
        Assert.Equal(Errno.None, FSync());
        Assert.Equal("content", _master.Read(_node, _handle));
        Lose();
        Assert.Equal((Errno.EIO, Errno.None), (FSync(), FSync()));
    }

    // Also what continues the write before it.
    [Theory]
    [InlineData(7UL)]
    [InlineData(100UL)]
    public void G6_WhatIsWrittenBehindAnFsyncIsNotGivenUpWithIt(ulong offset)
    {
        _master.IsStalled = true;
        Write(0, "content");
        _master.Serve(_master.FSyncRequest(_node, _handle));
        Write(offset, "more");
        Assert.Equal(Errno.EIO, _master.Answer().Errno);
        Assert.True(SpinWait.SpinUntil(() => _master.FileSystem.PendingBytes == 4, TimeSpan.FromSeconds(20)), "The write is not withdrawn.");
        _master.IsStalled = false;
        Assert.Equal(Errno.None, FSync());
        Assert.Equal(new string('\0', (int)offset) + "more", _master.Read(_node, _handle));
    }

    public void Dispose() => _master.Dispose();

    private Errno FSync(ulong? handle = null) => _master.FSync(_node, handle ?? _handle);

    private void Write(ulong offset, string text) => Assert.Equal(Errno.None, _master.Write(_node, _handle, offset, text));

    // Whatever the journal says of it.
    private void Lose()
    {
        _master.IsStalled = true;
        Write(50, "another");
        _master.EndSession();
    }
}
