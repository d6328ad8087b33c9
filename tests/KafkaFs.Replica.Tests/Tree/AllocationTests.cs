using System.Globalization;
using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Tests.Namespace;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.Replica.Tests.Tree;

/// <summary>Reserved space is not part of the state: what a disk cannot reserve stalls no replica, and does not fill it.</summary>
public abstract class AllocationTests(TreePlace place) : IDisposable
{
    private const ulong Mebibyte = 1ul << 20;

    private readonly TreeUnderTest _tree = new(place);

    private TestLog Log => _tree.Log;

    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    [InlineData(16u)]
    [InlineData(17u)]
    public void G3_MoreThanTheDiskHasIsNotReservedAndStallsNobody(uint mode) => AllocateTooMuch(mode, _ => 10ul << 40);

    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    [InlineData(16u)]
    [InlineData(17u)]
    public void G3_WhatARefusedReservationHasTakenIsGivenBack(uint mode)
    {
        // All that is free is more than ext4 can reserve, since that needs some space itself; so it fails half way.
        AllocateTooMuch(mode, free => free);
    }

    [Fact]
    public void WhatTheDiskHasIsReserved()
    {
        FileId file = Log.Make(ChangeKind.Create, FileId.Root, "f");
        ulong before = Free();
        Allocate(file, 1, 0, 64 * Mebibyte);
        _tree.Verify();
        Assert.InRange(before - Free(), 60 * Mebibyte, 70 * Mebibyte);
        Change remove = new() { Kind = ChangeKind.Unlink, Parent = FileId.Root, Name = TestLog.Bytes("f") };
        Assert.Equal(Outcome.Success, Log.Do(ref remove));
    }

    public void Dispose()
    {
        _tree.Dispose();
        GC.SuppressFinalize(this);
    }

    private void AllocateTooMuch(uint mode, Func<ulong, ulong> length)
    {
        FileId file = Log.Make(ChangeKind.Create, FileId.Root, "f");
        Log.Write(file, 0, 5_000);
        Log.Write(file, 4 * Mebibyte, 5_000);
        Log.Write(file, 8 * Mebibyte, 5_000);
        _tree.Verify();
        string name = $"{_tree.Path}/f", sum = Sum(name);
        ulong before = Free();
        Allocate(file, mode, 0, length(before));
        _tree.Verify();
        // The file systems that could reserve all (tmpfs needs no space for that) have done what they were asked for.
        if (Allocated(name) < length(before))
        {
            Assert.InRange((long)before - (long)Free(), -1L << 20, 1L << 20);
        }

        Assert.Equal(mode < 16 ? sum : Sum("/dev/zero"), Sum(name));
        Assert.Equal(Outcome.Success, Log.Remove(ChangeKind.Unlink, FileId.Root, "f"));
    }

    private static ulong Allocated(string name) => ulong.Parse(ToolProcess.Shell($"stat -c %b {name}"), CultureInfo.InvariantCulture) * 512;

    // Of the data that was written, and the hole in front of it.
    private static string Sum(string name) => ToolProcess.Shell($"head -c {(8 * Mebibyte) + 5_000} {name} | sha256sum");

    // xfs and btrfs free the space of what was deleted a moment later.
    private ulong Free()
    {
        _tree.Tree.EndBatch(Log.State);
        ulong last = 0, free = 1;
        for (int attempt = 0; attempt < 100 && free != last; attempt++)
        {
            ToolProcess.Shell($"sync -f '{_tree.Path}'; sleep 0.05");
            Assert.Equal(Errno.None, _tree.Tree.StatFileSystem(out FileSystemStatus status));
            (last, free) = (free, status.BlocksFree * (ulong)status.BlockSize);
        }

        return free;
    }

    private void Allocate(FileId file, uint mode, ulong offset, ulong length)
    {
        Change change = new() { Kind = ChangeKind.Allocate, Inode = file, Mode = mode, Offset = offset, Length = length };
        Assert.Equal(Outcome.Success, Log.Do(ref change));
    }
}

public sealed class TmpfsAllocationTests(TmpfsFixture place) : AllocationTests(place), IClassFixture<TmpfsFixture>;

public sealed class Ext4AllocationTests(Ext4Fixture place) : AllocationTests(place), IClassFixture<Ext4Fixture>;

public sealed class XfsAllocationTests(XfsFixture place) : AllocationTests(place), IClassFixture<XfsFixture>;

public sealed class BtrfsAllocationTests(BtrfsFixture place) : AllocationTests(place), IClassFixture<BtrfsFixture>;
