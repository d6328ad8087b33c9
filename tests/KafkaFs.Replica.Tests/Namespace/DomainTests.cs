using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Posix;
using KafkaFs.Replica.Namespace;
using Xunit;

namespace KafkaFs.Replica.Tests.Namespace;

/// <summary>Domains of fields: what some tree could not hold, or what would overflow, is refused by evaluation.</summary>
public sealed class DomainTests
{
    private readonly TestLog _log = TestLog.WithSessions();

    [Theory]
    [InlineData(2, 511, 262_143, Errno.None)]
    [InlineData(6, 511, 262_143, Errno.None)]
    [InlineData(2, 512, 0, Errno.EINVAL)]
    [InlineData(6, 4_095, 0, Errno.EINVAL)]
    [InlineData(2, 0, 262_144, Errno.EINVAL)]
    [InlineData(1, 512, 262_144, Errno.None)] // a FIFO has no device number
    public void ADeviceNumberThatSomeTreeCannotHoldIsEinval(uint type, uint major, uint minor, Errno expected)
    {
        Change change = new()
        {
            Kind = ChangeKind.Mknod,
            Parent = FileId.Root,
            Name = "dev"u8,
            Type = type,
            Rdev = (minor & 0xff) | (major << 8) | ((minor & ~0xffu) << 12),
        };
        Assert.Equal(Outcome.Failed(expected), _log.Do(ref change));
        Assert.Equal(expected == Errno.None, !_log.State.Lookup(FileId.Root, "dev"u8).IsNone);
        Assert.Equal(Outcome.Success, _log.Make(ChangeKind.Create, FileId.Root, "next", out _));
    }

    [Theory]
    [InlineData(-9_223_372_036, 9_223_372_036, true)]
    [InlineData(0, 1, true)]
    [InlineData(-9_223_372_037, 0, false)]
    [InlineData(0, 9_223_372_037, false)]
    [InlineData(long.MinValue, long.MaxValue, false)]
    [InlineData(7, 7, false)]
    public void TimeLimitsFitNanosecondsIn64Bits(long minS, long maxS, bool accepted)
    {
        TestLog log = new();
        Assert.Equal(accepted, log.Create(Limits.Default with { TimeMinS = minS, TimeMaxS = maxS }).IsAccepted);
        Assert.Equal(accepted, log.State.IsCreated);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(-9_223_372_036, 9_223_372_036)]
    public void ImplicitTimesStayWithinTheLimitsTheRootsToo(long minS, long maxS)
    {
        TestLog log = new() { NowMs = long.MaxValue };
        Change create = new() { Kind = ChangeKind.FilesystemCreated, Limits = Limits.Default with { TimeMinS = minS, TimeMaxS = maxS } };
        create.Header.TimeNs = long.MaxValue;
        log.Append(ref create, 0, 0);
        log.Start(TestLog.Master(1), 1);
        Change make = new() { Kind = ChangeKind.Create, Parent = FileId.Root, Name = "f"u8 };
        make.Header.TimeNs = long.MaxValue;
        Assert.Equal(Outcome.Success, log.Do(ref make));
        Assert.Equal(maxS * TestLog.Second, log.Attributes(FileId.Root).BtimeNs);
        Assert.Equal(maxS * TestLog.Second, log.Attributes(make.Inode).MtimeNs);
    }

    [Theory]
    [InlineData(0u, 2u)] // session 0 has made the root alone
    [InlineData(2u, 1u)] // not started yet
    [InlineData(1u, 0u)]
    [InlineData(1u, 9u)] // the session is at 1
    public void AnInodeThatNeverExistedIsEnoent(uint session, uint counter)
    {
        _log.Make(ChangeKind.Create, FileId.Root, "f");
        Assert.Equal(Outcome.Failed(Errno.ENOENT), _log.Write(FileId.Of(new SessionId(session), counter), 0, 1));
    }

    [Fact]
    public void EveryFileIdOfAClosedSessionCountsAsOneThatExisted()
    {
        Assert.Equal(Outcome.Success, _log.Start(TestLog.Master(1), 2));
        Change write = new() { Kind = ChangeKind.Write, Inode = FileId.Of(new SessionId(1), 9), Data = "x"u8 };
        Assert.Equal(Outcome.Success, _log.Do(ref write, session: 2));
        Assert.Equal(EffectKind.None, _log.Effects.Kind);
    }
}
