using Google.Protobuf;
using KafkaFs.Journal.Codec;
using KafkaFs.Journal.Protobuf;

namespace KafkaFs.Journal.Tests;

/// <summary>One record of each kind with every field set, as the generated classes write it: an independent reference.</summary>
internal static class SampleRecords
{
    public static IEnumerable<FuseChange> All()
    {
        yield return With(change => change.FilesystemCreated = new FilesystemCreated
        {
            Mode = 0x1ed,
            Uid = 1,
            Gid = 2,
            NameMax = 255,
            SymlinkMax = 1_023,
            LinkMax = 65_000,
            XattrNameMax = 255,
            XattrValueMax = 3_072,
            XattrTotalMax = 3_840,
            FileSizeMax = 1UL << 44,
            TimeMinS = -2_147_483_648,
            TimeMaxS = 9_223_372_035,
        });
        yield return With(change => change.FormatRaised = new FormatRaised { Level = 2 });
        yield return With(change => change.SessionStarted = new SessionStarted { Master = Uuid(1), Run = 3, Uuid = Uuid(2) });
        yield return With(change => change.SessionEnded = new SessionEnded { Closes = 9 });
        yield return With(change => change.Fence = new Fence { Incarnation = 2 });
        yield return With(change => change.Create = new Create { Inode = 0x700000001, Parent = 1, Name = Bytes("new"), Mode = 0x1a4, Uid = 1_000, Gid = 100 });
        yield return With(change => change.Mkdir = new Mkdir { Inode = 0x700000002, Parent = 1, Name = Bytes("dir"), Mode = 0x1ed, Uid = 1_000, Gid = 100 });
        yield return With(change => change.Mknod = new Mknod { Inode = 0x700000003, Parent = 1, Name = Bytes("dev"), Mode = 0x180, Type = 6, Uid = 1, Gid = 6, Rdev = 0x801 });
        yield return With(change => change.Symlink = new Symlink { Inode = 0x700000004, Parent = 1, Name = Bytes("sym"), Uid = 1, Gid = 2, Data = Bytes("../target") });
        yield return With(change => change.Link = new Link { Inode = 0x700000001, Parent = 0x700000002, Name = Bytes("link") });
        yield return With(change => change.Unlink = new Unlink { Parent = 1, Name = Bytes("gone") });
        yield return With(change => change.Rmdir = new Rmdir { Parent = 1, Name = Bytes("gone.d") });
        yield return With(change => change.Rename = new Rename { Parent = 1, Name = Bytes("a"), NewParent = 0x700000002, NewName = Bytes("b"), Flags = 64 });
        yield return With(change => change.Write = new Write { Inode = 0x700000001, Offset = 4_096, Flags = 3, Data = Bytes("content of the file") });
        yield return With(change => change.Truncate = new Truncate { Inode = 0x700000001, Size = 5_000_000_000, Flags = 2 });
        yield return With(change => change.Allocate = new Allocate { Inode = 0x700000001, Mode = 1, Offset = 7, Length = 8, Flags = 2 });
        yield return With(change => change.SetAttr = new SetAttr { Inode = 0x700000001, Mode = 0xfff, Uid = 5, Gid = 6, Flags = 2, AtimeNs = -1, MtimeNs = 1_700_000_000_123_456_789 });
        yield return With(change => change.SetAttr = new SetAttr { Inode = 0x700000001, Mode = 0, Uid = 0, Gid = 0, Flags = 12 });
        yield return With(change => change.SetXattr = new SetXattr { Inode = 0x700000001, Name = Bytes("user.name"), Flags = 16, Data = Bytes("value") });
        yield return With(change => change.RemoveXattr = new RemoveXattr { Inode = 0x700000001, Name = Bytes("user.name") });
    }

    /// <summary>Decodes bytes with our codec and encodes them again.</summary>
    public static byte[] RoundTrip(ReadOnlySpan<byte> bytes)
    {
        if (!ChangeCodec.TryDecode(bytes, out Change change, out string? defect))
        {
            throw new InvalidOperationException(defect);
        }

        return ChangeCodec.Encode(change);
    }

    private static FuseChange With(Action<FuseChange> set)
    {
        FuseChange change = new()
        {
            Header = new Header
            {
                Filesystem = Uuid(7),
                Level = 1,
                Session = 7,
                Incarnation = 1,
                Sequence = 300,
                TimeNs = 1_700_000_000_000_000_001,
                Path = Bytes("some/path"),
            },
        };
        set(change);
        return change;
    }

    private static ByteString Bytes(string text) => ByteString.CopyFromUtf8(text);

    private static ByteString Uuid(byte seed) => ByteString.CopyFrom([.. Enumerable.Range(0, 16).Select(index => (byte)(seed + index))]);
}
