using KafkaFs.Journal;
using KafkaFs.Posix;
using Xunit;

namespace KafkaFs.MasterHost.Tests.FileSystem;

/// <summary>A write that was lost after its answer is told once by each handle; with OnStall = fail who waits for it is told before it is lost.</summary>
public sealed class LossTests : IDisposable
{
    private readonly MasterUnderTest _master = MasterUnderTest.Start(stallAfterSeconds: 1, changeTimeoutSeconds: 1);
    private readonly FileId _node;
    private readonly ulong _handle;

    public LossTests() => (_node, _handle) = _master.Created("file");

    [Fact]
    public void G6_WhatFsyncWasToldOfIsNotToldAgainByClose()
    {
        ulong other = _master.Open(_node);
        _master.IsStalled = true;
        Assert.Equal(Errno.None, _master.Write(_node, _handle, 0, "content"));
        Assert.Equal(Errno.EIO, _master.Flush(_node, _handle));
        AwaitWithdrawn();
        _master.IsStalled = false;
        Assert.Equal(Errno.None, _master.Flush(_node, _handle));
        Assert.Equal((Errno.EIO, Errno.None), (_master.Flush(_node, other), _master.Flush(_node, other)));
        Assert.Equal(0UL, _master.GetAttr(_node).Size);
    }

    // Told with its outcome unknown.
    [Fact]
    public void G6_WhatTheJournalHadAfterAllHidesNoLaterLoss()
    {
        _master.IsSilent = true;
        Assert.Equal(Errno.None, _master.Write(_node, _handle, 0, "content"));
        Assert.Equal(Errno.EIO, _master.Flush(_node, _handle));
        _master.IsSilent = false;
        Assert.Equal(Errno.None, _master.Flush(_node, _handle));
        Assert.Equal("content", _master.Read(_node, _handle));
        _master.IsStalled = true;
        Assert.Equal(Errno.None, _master.Write(_node, _handle, 0, "another"));
        _master.EndSession();
        Assert.Equal((Errno.EIO, Errno.None), (_master.Flush(_node, _handle), _master.Flush(_node, _handle)));
    }

    [Fact]
    public void G6_WhatIsLostLaterIsToldAnew()
    {
        _master.IsStalled = true;
        for (int round = 0; round < 2; round++)
        {
            Assert.Equal(Errno.None, _master.Write(_node, _handle, 0, "content"));
            Assert.Equal(Errno.EIO, _master.Flush(_node, _handle));
            AwaitWithdrawn();
        }

        Assert.Equal(Errno.None, _master.Write(_node, _handle, 0, "content"));
        _master.EndSession();
        Assert.Equal((Errno.EIO, Errno.None), (_master.Flush(_node, _handle), _master.Flush(_node, _handle)));
    }

    public void Dispose() => _master.Dispose();

    // The answer comes first.
    private void AwaitWithdrawn() => Assert.True(SpinWait.SpinUntil(() => _master.FileSystem.PendingBytes == 0, TimeSpan.FromSeconds(20)), "The write is not withdrawn.");
}
