using KafkaFs.Fuse.Abi;
using KafkaFs.Journal;
using KafkaFs.Posix;
using Xunit;

namespace KafkaFs.MasterHost.Tests.FileSystem;

/// <summary>A Write of the kernel that is too long for one record: the kernel sees one call.</summary>
public sealed class SplitWriteTests : IDisposable
{
    // Parts of 8,192 bytes.
    private readonly MasterUnderTest _master = MasterUnderTest.Start(maxRecordBytes: 10_000);

    [Fact]
    public void AllPartsAreAnsweredAtOnceWithTheWholeLength()
    {
        (FileId node, ulong handle) = _master.Created("file");
        long before = _master.Records;
        Assert.Equal((Errno.None, 30_000U), Write(node, handle, 100, Text));
        Assert.Equal(Errno.None, _master.Flush(node, handle));
        Assert.Equal(4, _master.Records - before);
        Assert.Equal(30_100UL, _master.GetAttr(node).Size);
        Assert.Equal([.. new byte[100], .. Text], Read(node, handle));
        Assert.Equal(Errno.None, _master.Unlink("file"));
    }

    [Fact]
    public void AnOrphanGetsAllParts()
    {
        (FileId node, ulong handle) = _master.Created("file");
        Assert.Equal(Errno.None, _master.Unlink("file"));
        Assert.Equal((Errno.None, 30_000U), Write(node, handle, 0, Text));
        Assert.Equal(30_000UL, _master.GetAttr(node).Size);
        Assert.Equal(Text, Read(node, handle));
    }

    [Fact]
    public void AFileWhoseNameGoesJustBeforeThePartsIsAnOrphanWithAllOfThem()
    {
        (FileId node, ulong handle) = _master.Created("file");
        _master.IsStalled = true;
        _master.Serve(_master.Request(FuseOpcode.Unlink, 1).Name("file"));
        _master.Serve(_master.WriteRequest(node, handle, 0, Text));
        Assert.Equal((Errno.None, 30_000U), Written(_master.Answer()));
        _master.IsStalled = false;
        Assert.Equal(Errno.None, _master.Answer().Errno);
        Assert.Equal(Text, Read(node, handle));
    }

    // POSIX says how much was written.
    [Fact]
    public void WhatFitsBelowTheLargestFileIsWritten()
    {
        (FileId node, ulong handle) = _master.Created("file");
        const ulong Largest = (1UL << 44) - 4_096;
        (Errno errno, uint written) = Write(node, handle, Largest - 8_192, Text);
        Assert.Equal((Errno.None, 8_192U), (errno, written));
        Assert.Equal((Errno.EFBIG, 0U), Write(node, handle, Largest, Text));
        Assert.Equal(Errno.None, _master.Flush(node, handle));
        Assert.Equal(Largest, _master.GetAttr(node).Size);
    }

    public void Dispose() => _master.Dispose();

    private static byte[] Text { get; } = [.. Enumerable.Range(0, 30_000).Select(index => (byte)(index * 7 / 5))];

    private (Errno Errno, uint Written) Write(FileId node, ulong handle, ulong offset, byte[] data) =>
        Written(_master.Call(_master.WriteRequest(node, handle, offset, data)));

    private static (Errno Errno, uint Written) Written((Errno Errno, byte[] Data) answer) =>
        (answer.Errno, answer.Errno == Errno.None ? BitConverter.ToUInt32(answer.Data) : 0);

    private byte[] Read(FileId node, ulong handle) =>
        _master.Call(_master.Request(FuseOpcode.Read, node.Value).U64(handle).U64(0).U32(65_536).U32(0).U64(0).U32(0).U32(0)).Data;
}
