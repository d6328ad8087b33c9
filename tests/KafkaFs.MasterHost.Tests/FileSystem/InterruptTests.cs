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
        using MasterUnderTest master = MasterUnderTest.Start(stallAfterSeconds: 60);
        master.IsStalled = true;
        Interrupt(master, comesBefore);
        master.AssertNoAnswer();
        master.IsStalled = false;
        Assert.Equal(Errno.None, master.Answer().Errno);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void G6_InAStallTheCallEndsAndHasLeftNoTrace(bool comesBefore)
    {
        _master.IsStalled = true;
        Interrupt(_master, comesBefore);
        Assert.Equal(Errno.EINTR, _master.Answer().Errno);
        _master.IsStalled = false;
        Assert.Equal(Errno.None, _master.Call(MkDir(_master, "dir")).Errno);
    }

    [Fact]
    public void G6_OneThatComesInAStallEndsTheCallAtOnce()
    {
        _master.IsStalled = true;
        _master.Serve(MkDir(_master, "other"));
        _master.AwaitStall();
        Interrupt(_master, comesBefore: false);
        Assert.Equal(Errno.EINTR, _master.Answer().Errno);
    }

    public void Dispose() => _master.Dispose();

    private static void Interrupt(MasterUnderTest master, bool comesBefore)
    {
        RequestBytes mkdir = MkDir(master, "dir"), interrupt = MasterUnderTest.InterruptRequest(mkdir);
        foreach (RequestBytes request in comesBefore ? new[] { interrupt, mkdir } : [mkdir, interrupt])
        {
            master.Serve(request);
        }
    }

    private static RequestBytes MkDir(MasterUnderTest master, string name) => master.Request(FuseOpcode.MkDir, 1).U32(0x1ed).U32(0).Name(name);
}
