using Google.Protobuf;
using KafkaFs.Journal.Codec;
using KafkaFs.Journal.Protobuf;
using Xunit;

namespace KafkaFs.Journal.Tests;

public sealed class ChangeCodecTests
{
    public static TheoryData<string> Kinds => [.. SampleRecords.All().Select(change => change.ChangeCase.ToString()).Distinct()];

    [Fact]
    public void EveryKindHasASample()
    {
        HashSet<int> kinds = [.. SampleRecords.All().Select(change => (int)change.ChangeCase)];
        Assert.Equal(Enum.GetValues<ChangeKind>().Where(kind => kind != ChangeKind.None).Select(kind => (int)kind).Order(), kinds.Order());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void OurBytesAreThoseOfTheGeneratedClasses(string kind)
    {
        foreach (FuseChange sample in SampleRecords.All().Where(sample => sample.ChangeCase.ToString() == kind))
        {
            byte[] reference = sample.ToByteArray();
            byte[] ours = SampleRecords.RoundTrip(reference);
            Assert.Equal(Convert.ToHexString(reference), Convert.ToHexString(ours));
            Assert.Equal(sample, FuseChange.Parser.ParseFrom(ours));
        }
    }

    [Fact]
    public void EveryTruncationIsRefusedOrAnotherRecordAndNeverThrows()
    {
        foreach (FuseChange sample in SampleRecords.All())
        {
            byte[] bytes = sample.ToByteArray();
            for (int length = 0; length < bytes.Length; length++)
            {
                Assert.False(ChangeCodec.TryDecode(bytes.AsSpan(0, length), out _, out string? defect));
                Assert.NotNull(defect);
            }
        }
    }

    [Fact]
    public void EveryFlippedBitIsRefusedOrARecordThatEncodesAgain()
    {
        foreach (FuseChange sample in SampleRecords.All())
        {
            byte[] bytes = sample.ToByteArray();
            for (int bit = 0; bit < bytes.Length * 8; bit++)
            {
                bytes[bit / 8] ^= (byte)(1 << (bit % 8));
                if (ChangeCodec.TryDecode(bytes, out Change change, out _))
                {
                    Assert.True(ChangeCodec.TryDecode(ChangeCodec.Encode(change), out _, out _));
                }

                bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            }
        }
    }

    [Theory]
    [InlineData("two headers", "0A001200", "0A00")]
    [InlineData("two changes", "0A00120022", "0022020801")]
    [InlineData("unknown kind", "0A00", "F20F00")]
    [InlineData("unknown field", "0A00", "3A022001")]
    [InlineData("wrong wire type", "0A00", "3A020801")]
    [InlineData("no header", "", "1200")]
    [InlineData("no change", "0A00", "")]
    [InlineData("bytes after the end", "0A001200", "FF")]
    [InlineData("level above 32 bits", "0A0610FFFFFFFF7F", "1200")]
    public void WhatTheFormatDoesNotListIsMalformed(string why, string start, string end)
    {
        Assert.False(ChangeCodec.TryDecode(Convert.FromHexString(start + end), out _, out string? defect), why);
        Assert.NotNull(defect);
    }

    [Fact]
    public void AHeaderCanBeReliedOnThoughTheRestCannot()
    {
        byte[] header = new FuseChange { Header = new Header { Level = 1, Session = 5, Sequence = 9 } }.ToByteArray();
        byte[] record = [.. header, 0xf2, 0x0f, 0x00];
        Assert.False(ChangeCodec.TryDecode(record, out Change change, out _));
        Assert.True(change.HasHeader);
        Assert.Equal(9UL, change.Header.Sequence);
    }

    [Fact]
    public void ThePayloadIsTheLastBytesAndAPrefixGoesInFrontOfIt()
    {
        byte[] block = new byte[ChangeCodec.MaxPrefixBytes + 1_000];
        new Random(1).NextBytes(block.AsSpan(ChangeCodec.MaxPrefixBytes));
        Change change = new()
        {
            Kind = ChangeKind.Write,
            Inode = new FileId(5),
            Offset = 77,
            Data = block.AsSpan(ChangeCodec.MaxPrefixBytes),
        };
        change.Header.Sequence = 3;
        byte[] whole = ChangeCodec.Encode(change);
        int prefix = ChangeCodec.EncodePrefix(change, block.AsSpan(0, ChangeCodec.MaxPrefixBytes));
        Assert.Equal(whole, block[(ChangeCodec.MaxPrefixBytes - prefix)..]);
        Assert.Equal(block[ChangeCodec.MaxPrefixBytes..], whole[^1_000..]);
    }

    [Fact]
    public void EncodingAPrefixAndDecodingAllocateNothing()
    {
        byte[] record = SampleRecords.All().Single(sample => sample.Write is not null).ToByteArray();
        byte[] headroom = new byte[ChangeCodec.MaxPrefixBytes];
        long before = 0;
        for (int round = 0; round < 11_000; round++)
        {
            before = round == 1_000 ? GC.GetAllocatedBytesForCurrentThread() : before;
            ChangeCodec.TryDecode(record, out Change change, out _);
            ChangeCodec.EncodePrefix(change, headroom);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void APathHintKeepsItsEnd()
    {
        byte[] path = new byte[ChangeCodec.MaxPathBytes + 10];
        path[^1] = (byte)'z';
        Change change = new() { Kind = ChangeKind.Unlink, Name = "a"u8 };
        change.Header.Path = path;
        Assert.True(ChangeCodec.TryDecode(ChangeCodec.Encode(change), out Change decoded, out _));
        Assert.Equal(ChangeCodec.MaxPathBytes, decoded.Header.Path.Length);
        Assert.Equal((byte)'z', decoded.Header.Path[^1]);
    }
}
