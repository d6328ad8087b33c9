using System.Buffers.Binary;
using KafkaFs.Fuse.Abi;
using KafkaFs.Fuse.Protocol;
using KafkaFs.Fuse.Session;
using KafkaFs.Posix;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace KafkaFs.Fuse.Tests;

public sealed class RequestTests : IDisposable
{
    private readonly FakeChannel _channel = new();
    private readonly RecordingFileSystem _fileSystem = new();
    private readonly FuseConnection _connection;

    public RequestTests()
    {
        _connection = new FuseConnection(_channel, _fileSystem, 1024 * 1024, NullLogger.Instance);
        Serve(Init());
        _channel.Replies.Clear();
    }

    public static TheoryData<string> Operations => [.. Requests.Keys];

    // Each request as the kernel writes it, and the call that it must become.
    private static Dictionary<string, RequestBytes> Requests => new()
    {
        ["lookup 1 file"] = new RequestBytes(FuseOpcode.Lookup).Name("file"),
        ["getattr 1 9"] = new RequestBytes(FuseOpcode.GetAttr).U32(1 /* FUSE_GETATTR_FH */).U32(0).U64(9 /* fh */),
        ["statx 1"] = new RequestBytes(FuseOpcode.Statx).U32(0).U32(0).U64(0).U32(0).U32(0xfff /* mask */),
        ["setattr 1 Mode, Uid, Size, Mtime size 5 mode 420 mtime 1000000002 uid 8"] = new RequestBytes(FuseOpcode.SetAttr)
            .U32(1 | 2 | 8 | 32 /* valid */).U32(0).U64(9 /* fh */).U64(5 /* size */).U64(0 /* lock_owner */)
            .U64(0 /* atime */).U64(1 /* mtime */).U64(0 /* ctime */).U32(0).U32(2 /* mtimensec */).U32(0)
            .U32(0x81a4 /* mode */).U32(0).U32(8 /* uid */).U32(9 /* gid */).U32(0),
        ["readlink 1"] = new RequestBytes(FuseOpcode.ReadLink),
        ["symlink 1 name target"] = new RequestBytes(FuseOpcode.SymLink).Name("name").Name("target"),
        ["mknod 1 pipe 11a4 5"] = new RequestBytes(FuseOpcode.MkNod).U32(0x11a4 /* mode */).U32(5 /* rdev */).U32(0x12 /* umask */).U32(0).Name("pipe"),
        ["mkdir 1 dir 1ed"] = new RequestBytes(FuseOpcode.MkDir).U32(0x1ed /* mode */).U32(0x12 /* umask */).Name("dir"),
        ["unlink 1 file"] = new RequestBytes(FuseOpcode.Unlink).Name("file"),
        ["rmdir 1 dir"] = new RequestBytes(FuseOpcode.RmDir).Name("dir"),
        ["rename 1 a 5 b 0"] = new RequestBytes(FuseOpcode.Rename).U64(5 /* newdir */).Name("a").Name("b"),
        ["rename 1 a 5 b 2"] = new RequestBytes(FuseOpcode.Rename2).U64(5 /* newdir */).U32(2 /* flags */).U32(0).Name("a").Name("b"),
        ["link 6 1 new"] = new RequestBytes(FuseOpcode.Link).U64(6 /* oldnodeid */).Name("new"),
        ["open 1 8002 True"] = new RequestBytes(FuseOpcode.Open).U32(0x8002 /* flags */).U32(1 /* FUSE_OPEN_KILL_SUIDGID */),
        ["create 1 file 81a4 8041"] = new RequestBytes(FuseOpcode.Create).U32(0x8041 /* flags */).U32(0x81a4 /* mode */).U32(0).U32(0).Name("file"),
        ["read 1 9 4096 131072"] = new RequestBytes(FuseOpcode.Read).U64(9 /* fh */).U64(4_096 /* offset */).U32(131_072 /* size */).U32(0).U64(0).U32(0).U32(0),
        ["write 1 9 4096 010203 KillSuidGid 401"] = new RequestBytes(FuseOpcode.Write).U64(9 /* fh */).U64(4_096 /* offset */)
            .U32(3 /* size */).U32(4 /* write_flags */).U64(0 /* lock_owner */).U32(0x401 /* flags */).U32(0).Raw(1, 2, 3),
        ["flush 9"] = new RequestBytes(FuseOpcode.Flush).U64(9 /* fh */).U32(0).U32(0).U64(0),
        ["fsync 9 True"] = new RequestBytes(FuseOpcode.FSync).U64(9 /* fh */).U32(1 /* FUSE_FSYNC_FDATASYNC */).U32(0),
        ["fsyncdir 9"] = new RequestBytes(FuseOpcode.FSyncDir).U64(9 /* fh */).U32(0).U32(0),
        ["release 9"] = new RequestBytes(FuseOpcode.Release).U64(9 /* fh */).U32(0).U32(0).U64(0),
        ["opendir 1"] = new RequestBytes(FuseOpcode.OpenDir).U32(0).U32(0),
        ["readdir 9 7 4096 False"] = new RequestBytes(FuseOpcode.ReadDir).U64(9 /* fh */).U64(7 /* offset */).U32(4_096 /* size */).U32(0).U64(0).U32(0).U32(0),
        ["readdir 9 7 4096 True"] = new RequestBytes(FuseOpcode.ReadDirPlus).U64(9).U64(7).U32(4_096).U32(0).U64(0).U32(0).U32(0),
        ["releasedir 9"] = new RequestBytes(FuseOpcode.ReleaseDir).U64(9 /* fh */).U32(0).U32(0).U64(0),
        ["statfs"] = new RequestBytes(FuseOpcode.StatFs),
        ["setxattr user.a 0102 1"] = new RequestBytes(FuseOpcode.SetXattr).U32(2 /* size */).U32(1 /* flags */).U32(0 /* setxattr_flags */).U32(0).Name("user.a").Raw(1, 2),
        ["getxattr user.a 64"] = new RequestBytes(FuseOpcode.GetXattr).U32(64 /* size */).U32(0).Name("user.a"),
        ["listxattr 64"] = new RequestBytes(FuseOpcode.ListXattr).U32(64 /* size */).U32(0),
        ["removexattr user.a"] = new RequestBytes(FuseOpcode.RemoveXattr).Name("user.a"),
        ["lseek 9 100 3"] = new RequestBytes(FuseOpcode.LSeek).U64(9 /* fh */).U64(100 /* offset */).U32(3 /* SEEK_DATA */).U32(0),
        ["fallocate 9 1 2 3"] = new RequestBytes(FuseOpcode.FAllocate).U64(9 /* fh */).U64(1 /* offset */).U64(2 /* length */).U32(3 /* mode */).U32(0),
    };

    [Theory]
    [MemberData(nameof(Operations))]
    public void ARequestBecomesItsCallAndIsAnsweredOnce(string call)
    {
        Serve(Requests[call].Build());
        Assert.Equal([call], _fileSystem.Calls);
        byte[] reply = Assert.Single(_channel.Replies);
        Assert.Equal((uint)reply.Length, BinaryPrimitives.ReadUInt32LittleEndian(reply));
        Assert.Equal(2UL, BinaryPrimitives.ReadUInt64LittleEndian(reply.AsSpan(8)));
        Assert.Equal(0, ErrorOf(reply));
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void EveryTruncationIsAnsweredEinvalAndCallsNothing(string call)
    {
        const int headerBytes = 40;
        int whole = Requests[call].Build().Length;
        for (int length = 0; length < whole; length++)
        {
            _fileSystem.Calls.Clear();
            _channel.Replies.Clear();
            Serve(Requests[call].Build(length));
            if (length < headerBytes)
            {
                Assert.Empty(_channel.Replies);
                Assert.Empty(_fileSystem.Calls);
                continue;
            }

            // SETXATTR with a shorter value than it says, a name without its end, a struct without its last field: EINVAL, no call.
            Assert.Equal(-(int)Errno.EINVAL, ErrorOf(Assert.Single(_channel.Replies)));
            Assert.Empty(_fileSystem.Calls);
        }
    }

    [Fact]
    public void AForgottenAnswerIsEio()
    {
        Serve(new RequestBytes(FuseOpcode.Lookup).Name("forget").Build());
        Assert.Equal(-(int)Errno.EIO, ErrorOf(Assert.Single(_channel.Replies)));
    }

    [Fact]
    public void AHandlerThatThrowsIsEio()
    {
        Serve(new RequestBytes(FuseOpcode.Lookup).Name("throw").Build());
        Assert.Equal(-(int)Errno.EIO, ErrorOf(Assert.Single(_channel.Replies)));
    }

    [Fact]
    public void ASecondAnswerThrowsAndIsNotWritten()
    {
        Serve(new RequestBytes(FuseOpcode.Lookup).Name("held").Build());
        FuseRequest held = _fileSystem.Held!;
        held.ReplyError(Errno.ENOENT);
        Assert.Throws<InvalidOperationException>(() => held.ReplyError(Errno.None));
        Assert.Single(_channel.Replies);
    }

    [Fact]
    public void ForgetsAreCountedAndNotAnswered()
    {
        Serve(new RequestBytes(FuseOpcode.Forget, node: 5).U64(3 /* nlookup */).Build());
        Serve(new RequestBytes(FuseOpcode.BatchForget).U32(2 /* count */).U32(0).U64(6).U64(1).U64(7).U64(2).Build());
        Assert.Equal(["forget 5 3", "forget 6 1", "forget 7 2"], _fileSystem.Calls);
        Assert.Empty(_channel.Replies);
    }

    [Fact]
    public void AnUnknownOperationIsEnosys()
    {
        Serve(new RequestBytes((FuseOpcode)4_000).Build());
        Assert.Equal(-(int)Errno.ENOSYS, ErrorOf(Assert.Single(_channel.Replies)));
    }

    [Fact]
    public void DirectoryEntriesArePackedInEightBytesUntilTheyDoNotFit()
    {
        DirectoryWriter writer = new(new byte[100], plus: false);
        Assert.True(writer.TryAdd("abc"u8, 5, 4, 1, default));
        Assert.Equal(32, writer.Length);
        Assert.True(writer.TryAdd("12345678"u8, 6, 8, 2, default));
        Assert.Equal(64, writer.Length);
        Assert.True(writer.TryAdd("1234567"u8, 6, 8, 3, default));
        Assert.False(writer.TryAdd("x"u8, 6, 8, 4, default));
        Assert.Equal(96, writer.Length);
    }

    public void Dispose()
    {
        _connection.EndDeferred();
        _connection.Dispose();
    }

    private static byte[] Init() => new RequestBytes(FuseOpcode.Init)
        .U32(7 /* major */).U32(45 /* minor */).U32(131_072 /* max_readahead */).U32(0xffffffff /* flags */).U32(0xffffffff /* flags2 */)
        .U32(0).U64(0).U64(0).U64(0).U64(0).U64(0).Build();

    private static int ErrorOf(byte[] reply) => BinaryPrimitives.ReadInt32LittleEndian(reply.AsSpan(4));

    private void Serve(byte[] request)
    {
        _channel.Add(request);
        Assert.True(_connection.ServeOne());
    }
}
