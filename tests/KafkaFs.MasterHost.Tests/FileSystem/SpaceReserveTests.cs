using KafkaFs.Journal.Codec;
using KafkaFs.MasterHost.FileSystem;
using KafkaFs.Posix.Files;
using KafkaFs.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace KafkaFs.MasterHost.Tests.FileSystem;

public sealed class SpaceReserveTests
{
    private const ulong MiB = 1 << 20;

    private readonly ManualClock _clock = new();
    private FileSystemStatus? _disk;
    private int _asked;

    [Theory]
    [InlineData(1_000_000, 255, true)]
    [InlineData(1_000_000, 257, false)]
    [InlineData(1_000, 9, true)]
    [InlineData(1_000, 11, false)]
    public void TheReserveIs256MiBOrOnePercentOfASmallDisk(ulong totalMiB, ulong freeMiB, bool refuses)
    {
        SetDisk(totalMiB, freeMiB);
        Assert.Equal(refuses, Write(Reserve(null), 1));
    }

    [Fact]
    public void TheReserveCanBeSetAndCanBeNone()
    {
        SetDisk(1_000, 5);
        Assert.True(Write(Reserve((long)(6 * MiB)), 1));
        Assert.False(Write(Reserve((long)(4 * MiB)), 1));
        SetDisk(1_000, 0);
        Assert.False(Write(Reserve(0), 1));
    }

    [Fact]
    public void TheDiskIsAskedOnceASecondAndWhatWasLetPassCountsUntilThen()
    {
        SetDisk(1_000, 13);
        SpaceReserve reserve = Reserve((long)(10 * MiB));
        Assert.False(Write(reserve, (int)MiB));
        Assert.False(Write(reserve, (int)MiB));
        Assert.True(Write(reserve, (int)MiB));
        Assert.Equal(1, _asked);
        _clock.Advance(1);
        Assert.False(Write(reserve, (int)MiB));
        Assert.Equal(2, _asked);
    }

    // Those that become one record take a block together, and overwriting takes none.
    [Fact]
    public void ManySmallWritesAreNotRefusedWhereTheDiskHasRoom()
    {
        SetDisk(1_000, 20);
        SpaceReserve reserve = Reserve((long)(10 * MiB));
        for (int count = 0; count < 10_000; count++)
        {
            Assert.False(Write(reserve, 1), $"{count}");
            _clock.Advance(0.000_05);
        }

        Assert.InRange(_asked, 2, 20);
    }

    // Else what a disk of 1 GiB has not got yet of 64 MiB is let pass twice, and a record stalls that the disk cannot hold.
    [Fact]
    public void WhatIsAnsweredAndNotOnTheDiskYetCountsAsTaken()
    {
        SetDisk(1_000, 74);
        SpaceReserve reserve = Reserve((long)(10 * MiB));
        Assert.True(Write(reserve, 1, pending: (long)(64 * MiB)));
        _clock.Advance(1);
        Assert.False(Write(reserve, 1, pending: (long)(63 * MiB)));
    }

    [Fact]
    public void InodesAreKeptToo()
    {
        SetDisk(1_000, 500);
        _disk = _disk!.Value with { Files = 10_000, FilesFree = 101 };
        SpaceReserve reserve = Reserve(null);
        Change create = new() { Kind = ChangeKind.Create };
        Assert.False(reserve.Refuses(create, 0, 0));
        Assert.True(reserve.Refuses(create, 0, 0));
        Assert.False(Write(reserve, 1));
    }

    [Fact]
    public void ADiskThatDoesNotAnswerRefusesNothing() => Assert.False(Write(Reserve(null), 1));

    private static bool Write(SpaceReserve reserve, int bytes, long pending = 0) =>
        reserve.Refuses(new Change { Kind = ChangeKind.Write, Data = new byte[bytes] }, 0, pending);

    private SpaceReserve Reserve(long? bytes) => new(Ask, bytes, NullLogger.Instance, _clock);

    private FileSystemStatus? Ask()
    {
        _asked++;
        return _disk;
    }

    private void SetDisk(ulong totalMiB, ulong freeMiB) => _disk = new FileSystemStatus { BlockSize = 4_096, Blocks = totalMiB * 256, BlocksAvailable = freeMiB * 256 };
}
