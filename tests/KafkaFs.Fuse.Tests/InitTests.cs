using KafkaFs.Fuse.Abi;
using KafkaFs.Fuse.Session;
using KafkaFs.Posix;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace KafkaFs.Fuse.Tests;

public sealed class InitTests : IDisposable
{
    private readonly FakeChannel _channel = new();
    private readonly FuseConnection _connection;

    public InitTests() => _connection = new FuseConnection(_channel, new RecordingFileSystem(), 128 * 1024, NullLogger.Instance);

    // Offered: BIG_WRITES (bit 5) and INIT_EXT (30), which are wanted; POSIX_LOCKS (1) and WRITEBACK_CACHE (16), which are not;
    // HAS_EXPIRE_ONLY (35), wanted, and PASSTHROUGH (37), not.
    [Fact]
    public void WhatIsOfferedAndWantedIsTakenAndNothingElse()
    {
        byte[] reply = Init(minor: 38, flags: (1 << 1) | (1 << 5) | (1 << 16) | (1u << 30), flags2: (1 << 3) | (1 << 5));
        Assert.Equal(Hex(Agreed(minor: 38, flags: (1 << 5) | (1u << 30), flags2: 1 << 3)), Hex(reply));
        Assert.Equal(InitFlags.BigWrites | InitFlags.InitExtended | InitFlags.HasExpireOnly, _connection.Info!.Flags);
    }

    [Fact]
    public void ANewerMinorIsAnsweredWithOurs() =>
        Assert.Equal(Hex(Agreed(minor: 45, flags: 1 << 5, flags2: 0)), Hex(Init(minor: 99, flags: 1 << 5, flags2: 0)));

    [Fact]
    public void TheSecondFlagsCountOnlyWithInitExtended() =>
        Assert.Equal(Hex(Agreed(minor: 38, flags: 1 << 5, flags2: 0)), Hex(Init(minor: 38, flags: 1 << 5, flags2: 1 << 3)));

    // Kernels before minor 36 send the first four fields only.
    [Fact]
    public void AnInitOf16BytesHasNoSecondFlags()
    {
        RequestBytes init = new RequestBytes(FuseOpcode.Init).U32(7 /* major */).U32(31 /* minor */).U32(131_072 /* max_readahead */).U32((1 << 5) | (1u << 30));
        Assert.Equal(Hex(Agreed(minor: 31, flags: (1 << 5) | (1u << 30), flags2: 0)), Hex(Serve(init)));
    }

    [Theory]
    [InlineData(7, 30)]
    [InlineData(6, 45)]
    [InlineData(8, 0)]
    public void AnotherMajorOrAnOldMinorIsRefused(uint major, uint minor)
    {
        Assert.Equal(Hex(new ReplyBytes(error: (int)Errno.EINVAL).Build()), Hex(Init(minor, 1 << 5, 0, major)));
        Assert.Null(_connection.Info);
    }

    [Fact]
    public void ATruncatedInitIsRefused() =>
        Assert.Equal(Hex(new ReplyBytes(error: (int)Errno.EINVAL).Build()), Hex(Serve(new RequestBytes(FuseOpcode.Init).U32(7).U32(45).U32(131_072))));

    // The kernel sends requests to other readers from that moment on.
    [Fact]
    public void WhatWasAgreedIsKnownBeforeItIsAnswered()
    {
        FuseConnectionInfo? known = null;
        _channel.OnWrite = () => known = _connection.Info;
        Init(minor: 45, flags: 0xffffffff, flags2: 0xffffffff);
        Assert.NotNull(known);
    }

    public void Dispose() => _connection.Dispose();

    private static byte[] Agreed(uint minor, uint flags, uint flags2) => new ReplyBytes()
        .U32(7 /* major */).U32(minor).U32(131_072 /* max_readahead */).U32(flags)
        .U16(16_384 /* max_background */).U16(48 /* congestion_threshold */).U32(131_072 /* max_write */).U32(1 /* time_gran */)
        .U16(32 /* max_pages */).U16(0 /* map_alignment */).U32(flags2).Zeroes(28 /* unused */).Build();

    private static string Hex(byte[] bytes) => Convert.ToHexString(bytes);

    private byte[] Init(uint minor, uint flags, uint flags2, uint major = 7) => Serve(new RequestBytes(FuseOpcode.Init)
        .U32(major).U32(minor).U32(131_072 /* max_readahead */).U32(flags).U32(flags2).U32(0).U64(0).U64(0).U64(0).U64(0).U64(0));

    private byte[] Serve(RequestBytes request)
    {
        _channel.Add(request.Build());
        Assert.True(_connection.ServeOne());
        return Assert.Single(_channel.Replies);
    }
}
