using KafkaFs.Fuse.Abi;
using KafkaFs.Fuse.Tests;
using KafkaFs.Posix;
using Xunit;

namespace KafkaFs.MasterHost.Tests.FileSystem;

/// <summary>Signals to callers whose record was not handed over: mkdir(2), rename(2) and the like never end by one on a local filesystem.</summary>
public sealed class InterruptTests : IDisposable
{
    private readonly MasterUnderTest _master = MasterUnderTest.Start(stallAfterSeconds: 1);

    // Behind the writes of others, or a full window; Go programs get a SIGURG now and then, and a timer may come each 5 ms.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void G6_WhileTheJournalIsHealthyItEndsNothing(bool comesBefore)
    {
        _master.IsStalled = true;
        Interrupt("dir", comesBefore);
        _master.AssertNoAnswer();
        _master.IsStalled = false;
        Assert.Equal(Errno.None, _master.Answer().Errno);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void G6_InAStallTheCallEndsAndHasLeftNoTrace(bool comesBefore)
    {
        _master.IsStalled = true;
        Interrupt("dir", comesBefore);
        _master.AssertNoAnswer();
        _master.AwaitStall();
        Assert.Equal(Errno.EINTR, _master.Answer().Errno);
        _master.IsStalled = false;
        Assert.Equal(Errno.None, _master.Call(MkDir("dir")).Errno);
    }

    [Fact]
    public void G6_OneThatComesInAStallEndsTheCallAtOnce()
    {
        _master.IsStalled = true;
        _master.Serve(MkDir("other"));
        _master.AwaitStall();
        Interrupt("dir", comesBefore: false);
        Assert.Equal(Errno.EINTR, _master.Answer().Errno);
    }

    public void Dispose() => _master.Dispose();

    private void Interrupt(string name, bool comesBefore)
    {
        RequestBytes mkdir = MkDir(name), interrupt = new RequestBytes(FuseOpcode.Interrupt, mkdir.Unique | 1).U64(mkdir.Unique);
        foreach (RequestBytes request in comesBefore ? new[] { interrupt, mkdir } : [mkdir, interrupt])
        {
            _master.Serve(request);
        }
    }

    private RequestBytes MkDir(string name) => _master.Request(FuseOpcode.MkDir, 1).U32(0x1ed).U32(0).Name(name);
}
