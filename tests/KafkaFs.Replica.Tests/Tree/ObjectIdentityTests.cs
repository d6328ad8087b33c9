using System.Buffers.Binary;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Tree;
using Xunit;

namespace KafkaFs.Replica.Tests.Tree;

public sealed class ObjectIdentityTests(Ext4Fixture place) : IClassFixture<Ext4Fixture>
{
    [Fact]
    public void AnObjectIsComparedInTheFormThatWasStored()
    {
        using SafeFd root = Open(place["."]);
        File.WriteAllText(place["f"], "");
        File.WriteAllText(place["g"], "");
        byte[] handle = Read(root, "f"u8);
        Assert.True(ObjectIdentity.IsHandle(handle));
        Assert.Equal((true, false), (IsSame(root, "f"u8, handle), IsSame(root, "g"u8, handle)));

        Assert.Equal(Errno.None, FileCalls.Stat(root, "f"u8, out StatxResult stat));
        byte[] substitute = new byte[20];
        BinaryPrimitives.WriteInt32LittleEndian(substitute, -1);
        BinaryPrimitives.WriteUInt64LittleEndian(substitute.AsSpan(4), stat.Inode);
        BinaryPrimitives.WriteInt64LittleEndian(substitute.AsSpan(12), stat.Btime.TotalNs);
        Assert.Equal((true, false), (IsSame(root, "f"u8, substitute), IsSame(root, "g"u8, substitute)));
    }

    [Fact]
    public void AnEmptyIdentityIsNobodys()
    {
        using SafeFd root = Open(place["."]);
        File.WriteAllText(place["e"], "");
        Assert.False(IsSame(root, "e"u8, []));
    }

    [Fact]
    public void OnlyAFilesystemWithoutHandlesGivesTheSubstitute()
    {
        using SafeFd proc = Open("/proc"), root = Open(place["."]);
        byte[] substitute = Read(proc, "version"u8);
        Assert.False(ObjectIdentity.IsHandle(substitute));
        Assert.True(IsSame(proc, "version"u8, substitute));
        File.WriteAllText(place["h"], "");
        Assert.False(IsSame(proc, "version"u8, Read(root, "h"u8)));
        Assert.Equal(Errno.ENOENT, ObjectIdentity.Read(root, "missing"u8, new byte[144], out int length));
        Assert.Equal(0, length);
        Assert.Equal(Errno.ENOENT, ObjectIdentity.Compare(root, "missing"u8, substitute, out bool same));
        Assert.False(same);
    }

    private static byte[] Read(SafeFd directory, ReadOnlySpan<byte> name)
    {
        byte[] identity = new byte[144];
        Assert.Equal(Errno.None, ObjectIdentity.Read(directory, name, identity, out int length));
        return identity[..length];
    }

    private static bool IsSame(SafeFd directory, ReadOnlySpan<byte> name, byte[] identity)
    {
        Assert.Equal(Errno.None, ObjectIdentity.Compare(directory, name, identity, out bool same));
        return same;
    }

    private static SafeFd Open(string path)
    {
        Assert.Equal(Errno.None, FileCalls.Open(null, System.Text.Encoding.UTF8.GetBytes(path), OpenFlags.ReadOnly | OpenFlags.Directory, 0, out SafeFd fd));
        return fd;
    }
}
