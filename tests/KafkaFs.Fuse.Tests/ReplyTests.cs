using KafkaFs.Fuse.Abi;
using KafkaFs.Fuse.Protocol;
using KafkaFs.Fuse.Session;
using KafkaFs.Posix;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace KafkaFs.Fuse.Tests;

/// <summary>Each answer as the kernel reads it, byte by byte.</summary>
public sealed class ReplyTests
{
    internal static FuseAttr Attr => new()
    {
        Inode = 7,
        Size = 8,
        Blocks = 9,
        AtimeNs = 1_000_000_100,
        MtimeNs = 2_000_000_200,
        CtimeNs = -2_000_000_001,
        BtimeNs = 4_000_000_400,
        Mode = 0x81a4,
        Links = 10,
        Uid = 11,
        Gid = 12,
        Rdev = 0x12345678,
        BlockSize = 4_096,
    };

    internal static FuseEntry Entry => new(new NodeId(7), Attr, TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(2.25));

    [Fact]
    public void AnErrorIsNegativeAndHasNoData() =>
        Answers(new ReplyBytes(error: 2), static request => request.ReplyError(Errno.ENOENT));

    [Fact]
    public void LookupAndWhatMakesInodesAnswerFuseEntryOut() =>
        Answers(new ReplyBytes().Entry(), static request => request.ReplyEntry(Entry));

    [Fact]
    public void GetAttrAndSetAttrAnswerFuseAttrOut() => Answers(
        new ReplyBytes().U64(2 /* attr_valid */).U32(250_000_000 /* attr_valid_nsec */).U32(0 /* dummy */).Attr(),
        static request => request.ReplyAttr(Attr, TimeSpan.FromSeconds(2.25)));

    [Fact]
    public void StatxAnswersFuseStatxOut() => Answers(
        new ReplyBytes()
            .U64(2 /* attr_valid */).U32(250_000_000 /* attr_valid_nsec */).U32(0 /* flags */).U64(0).U64(0 /* spare */)
            .U32(0xfff /* mask: STATX_BASIC_STATS | STATX_BTIME */).U32(4_096 /* blksize */).U64(0 /* attributes */)
            .U32(10 /* nlink */).U32(11 /* uid */).U32(12 /* gid */).U16(0x81a4 /* mode */).U16(0 /* spare */)
            .U64(7 /* ino */).U64(8 /* size */).U64(9 /* blocks */).U64(0 /* attributes_mask */)
            .U64(1).U32(100).U32(0 /* atime */).U64(4).U32(400).U32(0 /* btime */)
            .U64(unchecked((ulong)-3)).U32(999_999_999).U32(0 /* ctime */).U64(2).U32(200).U32(0 /* mtime */)
            .U32(0x456 /* rdev_major */).U32(0x12378 /* rdev_minor */).U32(0 /* dev_major */).U32(0 /* dev_minor */).Zeroes(14 * 8 /* spare */),
        static request => request.ReplyStatx(Attr, TimeSpan.FromSeconds(2.25)));

    [Fact]
    public void OpenAnswersFuseOpenOut() => Answers(
        new ReplyBytes().U64(9 /* fh */).U32(32 /* open_flags: FOPEN_NOFLUSH */).U32(0 /* backing_id */),
        static request => request.ReplyOpen(new HandleId(9), FuseOpenFlags.NoFlush));

    [Fact]
    public void CreateAnswersAnEntryAndAnOpenFile() => Answers(
        new ReplyBytes().Entry().U64(9 /* fh */).U32(0 /* open_flags */).U32(0 /* backing_id */),
        static request => request.ReplyCreate(Entry, new HandleId(9), FuseOpenFlags.None));

    [Fact]
    public void StatFsAnswersFuseKstatfs() => Answers(
        new ReplyBytes()
            .U64(1 /* blocks */).U64(2 /* bfree */).U64(3 /* bavail */).U64(4 /* files */).U64(5 /* ffree */)
            .U32(6 /* bsize */).U32(7 /* namelen */).U32(6 /* frsize */).U32(0 /* padding */).Zeroes(24 /* spare */),
        static request => request.ReplyStatFs(new FuseStatFs(1, 2, 3, 4, 5, 6, 7)));

    [Fact]
    public void WriteAnswersTheBytesThatItTook() =>
        Answers(new ReplyBytes().U32(3 /* size */).U32(0 /* padding */), static request => request.ReplyWritten(3));

    [Fact]
    public void AnXattrOfNoSizeAnswersItsLength() =>
        Answers(new ReplyBytes().U32(3 /* size */).U32(0 /* padding */), static request => request.ReplyXattrSize(3));

    [Fact]
    public void LSeekAnswersTheOffset() =>
        Answers(new ReplyBytes().U64(0x123456789 /* offset */), static request => request.ReplyLSeek(0x123456789));

    [Fact]
    public void DataIsAnsweredAsItIs() => Answers(new ReplyBytes().Text("abc"), static request => request.ReplyData("abc"u8));

    [Fact]
    public void ABufferIsAnsweredUpToItsLength() => Answers(new ReplyBytes().Text("abc"), static request =>
    {
        "abcdef"u8.CopyTo(request.GetReplyBuffer(10));
        request.ReplyBuffer(3);
    });

    [Fact]
    public void ReadDirAnswersFuseDirents() => Answers(
        new ReplyBytes()
            .U64(5 /* ino */).U64(1 /* off */).U32(3 /* namelen */).U32(4 /* type: DT_DIR */).Text("abc").Zeroes(5 /* to 8 bytes */)
            .U64(6).U64(2).U32(8).U32(8 /* DT_REG */).Text("12345678"),
        static request => ReplyEntries(request, plus: false));

    [Fact]
    public void ReadDirPlusAnswersAnEntryBeforeEachDirent() => Answers(
        new ReplyBytes()
            .Entry().U64(5 /* ino */).U64(1 /* off */).U32(3 /* namelen */).U32(4 /* type: DT_DIR */).Text("abc").Zeroes(5 /* to 8 bytes */)
            .Entry().U64(6).U64(2).U32(8).U32(8 /* DT_REG */).Text("12345678"),
        static request => ReplyEntries(request, plus: true));

    private static void ReplyEntries(FuseRequest request, bool plus)
    {
        DirectoryWriter writer = request.WriteDirectory(4_096, plus);
        Assert.True(writer.TryAdd("abc"u8, 5, 4, 1, Entry));
        Assert.True(writer.TryAdd("12345678"u8, 6, 8, 2, Entry));
        request.ReplyBuffer(writer.Length);
    }

    private static void Answers(ReplyBytes expected, Action<FuseRequest> answer)
    {
        FakeChannel channel = new();
        using FuseConnection connection = new(channel, new AnsweringFileSystem(answer), 1024 * 1024, NullLogger.Instance);
        channel.Add(new RequestBytes(FuseOpcode.Lookup).Name("any").Build());
        Assert.True(connection.ServeOne());
        Assert.Equal(Convert.ToHexString(expected.Build()), Convert.ToHexString(Assert.Single(channel.Replies)));
    }

    private sealed class AnsweringFileSystem(Action<FuseRequest> answer) : FuseFileSystem
    {
        public override void Lookup(FuseRequest request, NodeId parent, ReadOnlySpan<byte> name) => answer(request);
    }
}
