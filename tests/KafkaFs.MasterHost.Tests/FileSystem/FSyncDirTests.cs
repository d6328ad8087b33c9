using KafkaFs.Fuse.Abi;
using KafkaFs.Fuse.Tests;
using KafkaFs.Posix;
using Xunit;

namespace KafkaFs.MasterHost.Tests.FileSystem;

/// <summary>fsync of a directory: all calls in it were answered when they were applied, but for those that ended with an unknown outcome.</summary>
public sealed class FSyncDirTests : IDisposable
{
    private readonly MasterUnderTest _master = MasterUnderTest.Start(stallAfterSeconds: 1);

    [Fact]
    public void G2_ItWaitsForACallInTheDirectoryWhoseCallerWasToldThatTheOutcomeIsUnknown()
    {
        Assert.Equal(Errno.None, _master.Call(FSyncDir(1)).Errno);
        ulong other = BitConverter.ToUInt64(_master.Call(_master.Request(FuseOpcode.MkDir, 1).U32(0x1ed).U32(0).Name("other")).Data);
        _master.IsSilent = true;
        RequestBytes mkdir = _master.Request(FuseOpcode.MkDir, 1).U32(0x1ed).U32(0).Name("dir");
        _master.Serve(mkdir);
        _master.AwaitStall();
        _master.Serve(new RequestBytes(FuseOpcode.Interrupt, mkdir.Unique + 1).U64(mkdir.Unique));
        Assert.Equal(Errno.EINTR, _master.Answer().Errno);
        Assert.Equal(Errno.None, _master.Call(FSyncDir(other)).Errno);
        _master.Serve(FSyncDir(1));
        _master.AssertNoAnswer();
        _master.IsSilent = false;
        Assert.Equal(Errno.None, _master.Answer().Errno);
        Assert.Equal(Errno.None, _master.Call(_master.Request(FuseOpcode.Lookup, 1).Name("dir")).Errno);
        Assert.Equal(Errno.None, _master.Call(FSyncDir(1)).Errno);
    }

    public void Dispose() => _master.Dispose();

    private RequestBytes FSyncDir(ulong node) => _master.Request(FuseOpcode.FSyncDir, node).U64(0).U32(0).U32(0);
}
