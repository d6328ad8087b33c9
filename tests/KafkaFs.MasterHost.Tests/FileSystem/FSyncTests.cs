using KafkaFs.Fuse.Abi;
using KafkaFs.Fuse.Tests;
using KafkaFs.Journal;
using KafkaFs.Posix;
using Xunit;

namespace KafkaFs.MasterHost.Tests.FileSystem;

/// <summary>fsync: all calls but early writes were answered when they were applied, except those that ended with an unknown outcome.</summary>
public sealed class FSyncTests : IDisposable
{
    private readonly MasterUnderTest _master = MasterUnderTest.Start(stallAfterSeconds: 1);

    [Fact]
    public void G2_OfADirectoryItWaitsForACallInItWhoseCallerWasToldThatTheOutcomeIsUnknown()
    {
        Assert.Equal(Errno.None, _master.Call(FSyncDir(1)).Errno);
        ulong other = BitConverter.ToUInt64(_master.Call(_master.Request(FuseOpcode.MkDir, 1).U32(0x1ed).U32(0).Name("other")).Data);
        _master.IsSilent = true;
        RequestBytes mkdir = _master.Request(FuseOpcode.MkDir, 1).U32(0x1ed).U32(0).Name("dir");
        _master.Serve(mkdir);
        _master.AwaitStall();
        _master.Serve(MasterUnderTest.InterruptRequest(mkdir));
        Assert.Equal(Errno.EINTR, _master.Answer().Errno);
        Assert.Equal(Errno.None, _master.Call(FSyncDir(other)).Errno);
        _master.Serve(FSyncDir(1));
        _master.AssertNoAnswer();
        _master.IsSilent = false;
        Assert.Equal(Errno.None, _master.Answer().Errno);
        Assert.Equal(Errno.None, _master.Call(_master.Request(FuseOpcode.Lookup, 1).Name("dir")).Errno);
        Assert.Equal(Errno.None, _master.Call(FSyncDir(1)).Errno);
    }

    // And for the writes before it, and for no later ones.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void G2_OfAFileItWaitsForACallOnItWhoseCallerWasToldThatTheOutcomeIsUnknown(bool hasWrites)
    {
        const uint dataSync = 0x1002; // O_RDWR | O_DSYNC
        (FileId node, ulong handle) = _master.Created("file");
        _master.IsSilent = true;
        RequestBytes write = _master.WriteRequest(node, handle, 0, [1], dataSync);
        _master.Serve(write);
        _master.AwaitStall();
        _master.Serve(MasterUnderTest.InterruptRequest(write));
        Assert.Equal(Errno.EINTR, _master.Answer().Errno);
        if (hasWrites)
        {
            Assert.Equal(Errno.None, _master.Write(node, handle, 1, "more"));
        }

        RequestBytes withdrawn = _master.FSyncRequest(node, handle);
        _master.Serve(withdrawn);
        _master.AssertNoAnswer();
        _master.Serve(MasterUnderTest.InterruptRequest(withdrawn));
        Assert.Equal(Errno.EINTR, _master.Answer().Errno);
        _master.Serve(_master.FSyncRequest(node, handle));
        _master.AssertNoAnswer();
        _master.IsSilent = false;
        Assert.Equal(Errno.None, _master.Answer().Errno);
        Assert.Equal(hasWrites ? 5UL : 1UL, _master.GetAttr(node).Size);
    }

    public void Dispose() => _master.Dispose();

    private RequestBytes FSyncDir(ulong node) => _master.Request(FuseOpcode.FSyncDir, node).U64(0).U32(0).U32(0);
}
