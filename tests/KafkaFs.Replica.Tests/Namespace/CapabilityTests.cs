using System.Buffers.Binary;
using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Posix;
using KafkaFs.Replica.Namespace;
using Xunit;

namespace KafkaFs.Replica.Tests.Namespace;

/// <summary>security.capability is what Linux makes of it on the file of a tree.</summary>
public sealed class CapabilityTests
{
    private static ReadOnlySpan<byte> Key => "security.capability"u8;

    private readonly TestLog _log = TestLog.WithSessions();
    private readonly FileId _file;

    public CapabilityTests()
    {
        _file = _log.Make(ChangeKind.Create, FileId.Root, "f");
        Assert.Equal(Errno.None, Set(Value(0x02000001)));
    }

    [Theory]
    [InlineData(ChangeKind.Write, false)]
    [InlineData(ChangeKind.Truncate, false)]
    [InlineData(ChangeKind.Allocate, false)]
    [InlineData(ChangeKind.SetAttr, false)]
    [InlineData(ChangeKind.Write, true)]
    [InlineData(ChangeKind.SetAttr, true)]
    public void G1_ChangedContentAndAGivenOwnerDropTheCapabilityWithAndWithoutKillSuidGid(ChangeKind kind, bool kill)
    {
        Change change = new() { Kind = kind, Inode = _file, Flags = kill ? ChangeFlags.KillSuidGid : 0 };
        change.Data = kind == ChangeKind.Write ? "x"u8 : default;
        change.Length = kind == ChangeKind.Allocate ? 1UL : 0;
        change.HasUid = kind == ChangeKind.SetAttr; // the owner that it has already
        Assert.Equal(Outcome.Success, _log.Do(ref change));
        Assert.True(_log.Effects.TryGetUpdate(_file, out InodeUpdate update) && (update.Changed & InodeAspects.Capability) != 0);
        Assert.False(_log.State.TryGetXattr(_file, Key, out _));
    }

    [Fact]
    public void ModeTimesAndKillSuidGidAloneKeepTheCapability()
    {
        Change change = new() { Kind = ChangeKind.SetAttr, Inode = _file, HasMode = true, Mode = 0xfff, HasMtime = true, Flags = ChangeFlags.KillSuidGid };
        Assert.Equal(Outcome.Success, _log.Do(ref change));
        Assert.True(_log.State.TryGetXattr(_file, Key, out _));
    }

    [Fact]
    public void WithoutKillSuidGidContentKeepsSuid()
    {
        Change change = new() { Kind = ChangeKind.SetAttr, Inode = _file, HasMode = true, Mode = 0xded };
        Assert.Equal(Outcome.Success, _log.Do(ref change));
        _log.Write(_file, 0, 1);
        Assert.Equal(0xded, _log.Attributes(_file).Mode);
    }

    [Theory] // what setxattr(2) says as root, and whether getxattr(2) gives the same bytes back
    [InlineData(0x02000000, null, Errno.None)]
    [InlineData(0x02000001, null, Errno.None)]
    [InlineData(0x02000002, null, Errno.EINVAL)]
    [InlineData(0x02800000, null, Errno.EINVAL)]
    [InlineData(0x01000000, null, Errno.EINVAL)]
    [InlineData(0x03000000, null, Errno.EINVAL)]
    [InlineData(0x02000000, 1u, Errno.EINVAL)]
    [InlineData(0x03000000, 1u, Errno.None)]
    [InlineData(0x03000001, 1u, Errno.None)]
    [InlineData(0x03000002, 1u, Errno.EINVAL)]
    [InlineData(0x03000000, 0u, Errno.EINVAL)] // Linux takes it, and gives revision 2 back
    [InlineData(0x03000000, uint.MaxValue, Errno.EINVAL)]
    public void G1_OnlyWhatLinuxKeepsAsItIsIsACapability(uint magic, uint? rootid, Errno expected) =>
        Assert.Equal(expected, Set(Value(magic, rootid)));

    [Fact]
    public void BytesOfAnotherLengthAreNoCapabilityAndOthersThanFilesHaveNone()
    {
        Assert.Equal(Errno.EINVAL, Set([]));
        Assert.Equal(Errno.EINVAL, Set([1, 0, 0]));
        Assert.Equal(Errno.EINVAL, Set([.. Value(0x02000000), 0]));
        Assert.Equal(Errno.EOPNOTSUPP, Set(Value(0x02000000), _log.Make(ChangeKind.Mkdir, FileId.Root, "d")));
    }

    private static byte[] Value(uint magic, uint? rootid = null)
    {
        byte[] value = new byte[rootid is null ? 20 : 24];
        BinaryPrimitives.WriteUInt32LittleEndian(value, magic);
        if (rootid is uint user)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(value.AsSpan(20), user);
        }

        return value;
    }

    private Errno Set(byte[] value, FileId? inode = null)
    {
        Change change = new() { Kind = ChangeKind.SetXattr, Inode = inode ?? _file, Name = Key, Data = value };
        return _log.Do(ref change).Errno;
    }
}
