using System.Text;
using KafkaFs.Fuse.Abi;
using KafkaFs.Fuse.Tests;
using KafkaFs.Journal;
using KafkaFs.Posix;
using Xunit;

namespace KafkaFs.MasterHost.Tests.FileSystem;

public sealed class MasterFileSystemTests : IDisposable
{
    private readonly MasterUnderTest _master = MasterUnderTest.Start();

    // The kernel thinks that it made the file: it would check no permission and leave O_TRUNC out.
    [Fact]
    public void G5_ACreateThatLostARaceIsLookedUpAgainByTheKernel()
    {
        _master.Created("file");
        Assert.Equal(Errno.ESTALE, _master.Create("file", 0x42 /* O_CREAT | O_RDWR */).Errno);
        Assert.Equal(Errno.EEXIST, _master.Create("file", 0xc2 /* and O_EXCL */).Errno);
    }

    // Go programs get a SIGURG now and then.
    [Fact]
    public void AnInterruptOfACallThatTheJournalTakesAtOnceChangesNothing()
    {
        RequestBytes mkdir = MkDir("dir");
        Interrupt(mkdir);
        Assert.Equal(Errno.None, _master.Call(mkdir).Errno);
    }

    // NFS opens a directory for each call.
    [Fact]
    public void ReadingADirectoryMayBeginAnywhereOnAFreshHandle()
    {
        _master.Created("first");
        _master.Created("second");
        byte[] all = ReadDir(0);
        ulong offsetOfFirst = BitConverter.ToUInt64(all, 24 + 8 + 24 + 8 + 8);
        string rest = Encoding.ASCII.GetString(ReadDir(offsetOfFirst));
        Assert.Contains("second", rest, StringComparison.Ordinal);
        Assert.DoesNotContain("first", rest, StringComparison.Ordinal);
    }

    [Fact]
    public void G8_WhatIsTooLongIsRefusedBeforeItIsJournaled()
    {
        (FileId node, _) = _master.Created("file");
        long records = _master.Records;
        Limits limits = Limits.Default;
        Assert.Equal(Errno.ENOSPC, SetXattr(node, "user.a", new byte[limits.XattrValueMax + 1]));
        Assert.Equal(Errno.ERANGE, SetXattr(node, "user." + new string('a', 255), [1]));
        Assert.Equal(Errno.ENAMETOOLONG, _master.Create(new string('n', 256)).Errno);
        Assert.Equal(Errno.ENAMETOOLONG, _master.Call(MkDir(new string('n', 1_023))).Errno);
        Assert.Equal(Errno.ENAMETOOLONG, _master.Call(_master.Request(FuseOpcode.Rename, 1).U64(1).Name("file").Name(new string('n', 256))).Errno);
        Assert.Equal(records, _master.Records);
        Assert.Equal(Errno.None, SetXattr(node, "user.a", new byte[limits.XattrValueMax]));
    }

    [Fact]
    public void G3_AnOwnDiskThatIsFullUpToTheReserveIsAnsweredEnospcBeforeThereIsARecord()
    {
        (FileId node, ulong handle) = _master.Created("file");
        Assert.Equal(Errno.None, _master.Write(node, handle, 0, "0123456789"));
        Assert.Equal(Errno.None, _master.Flush(node, handle));
        SetFree(1000);
        long records = _master.Records;
        Assert.Equal(Errno.ENOSPC, _master.Create("other").Errno);
        Assert.Equal(Errno.ENOSPC, _master.Call(MkDir("dir")).Errno);
        Assert.Equal(Errno.ENOSPC, _master.Call(_master.Request(FuseOpcode.SymLink, 1).Name("link").Name("target")).Errno);
        Assert.Equal(Errno.ENOSPC, _master.Call(_master.Request(FuseOpcode.MkNod, 1).U32(0x11a4).U32(0).U32(0).U32(0).Name("fifo")).Errno);
        Assert.Equal(Errno.ENOSPC, _master.Call(_master.Request(FuseOpcode.Link, 1).U64(node.Value).Name("hard")).Errno);
        Assert.Equal(Errno.ENOSPC, _master.Write(node, handle, 0, "x"));
        Assert.Equal(Errno.ENOSPC, Allocate(node, handle, 0, 10, 0));
        Assert.Equal(Errno.ENOSPC, Truncate(node, 11));
        Assert.Equal(Errno.ENOSPC, SetXattr(node, "user.a", [1]));
        Assert.Equal(records, _master.Records);
        Assert.Equal(Errno.None, Truncate(node, 5));
        Assert.Equal(Errno.None, Allocate(node, handle, 0, 2, 3 /* PUNCH_HOLE | KEEP_SIZE */));
        SetMode(node, 0x180);
        Assert.Equal(Errno.None, _master.Call(_master.Request(FuseOpcode.Rename, 1).U64(1).Name("file").Name("renamed")).Errno);
        Assert.Equal(Errno.None, _master.Unlink("renamed"));
        SetFree(0x1000_0000 + 100_000);
        Assert.Equal(Errno.None, _master.Create("other").Errno);
    }

    [Theory]
    [InlineData(0, 0x9edu)]
    [InlineData(1_000, 0x1edu)]
    public void AllocationKillsSuidUnlessTheCallerIsRoot(uint uid, uint mode)
    {
        (FileId node, ulong handle) = _master.Created("file");
        SetMode(node, 0x9ed /* 04755 */);
        RequestBytes allocate = _master.Request(FuseOpcode.FAllocate, node.Value).U64(handle).U64(0).U64(10).U32(0).U32(0);
        Assert.Equal(Errno.None, _master.Call(allocate.As(uid)).Errno);
        Assert.Equal(0x8000 | mode, _master.GetAttr(node).Mode);
    }

    [Fact]
    public void AnOrphanKeepsItsContentAndItsXattrsAndAllCallsTakeEffect()
    {
        (FileId node, ulong handle) = _master.Created("file");
        SetXattr(node, "user.a", [1, 2]);
        Assert.Equal(Errno.None, _master.Write(node, handle, 0, "0123456789"));
        Assert.Equal(Errno.None, _master.Unlink("file"));
        Assert.Equal([1, 2], GetXattr(node, "user.a").Data);
        Assert.Equal("user.a\0"u8.ToArray(), _master.Call(_master.Request(FuseOpcode.ListXattr, node.Value).U32(100).U32(0)).Data);
        Assert.Equal(Errno.None, Allocate(node, handle, 2, 3, 3 /* PUNCH_HOLE | KEEP_SIZE */));
        Assert.Equal("01\0\0\0" + "56789", _master.Read(node, handle));
        Assert.Equal(Errno.None, Allocate(node, handle, 8, 4, 16 /* ZERO_RANGE */));
        Assert.Equal("01\0\0\0" + "567\0\0\0\0", _master.Read(node, handle));
        Assert.Equal(Errno.None, Allocate(node, handle, 0, 100, 1 /* KEEP_SIZE */));
        Assert.Equal(12UL, _master.GetAttr(node).Size);
        Assert.Equal(Errno.EFBIG, Truncate(node, 1UL << 50));
        Assert.Equal(Errno.None, Truncate(node, 1));
        Assert.Equal("0", _master.Read(node, handle));
    }

    [Fact]
    public void AnOrphansXattrsFollowTheRulesOfEvaluation()
    {
        (FileId node, _) = _master.Created("file");
        _master.Unlink("file");
        Assert.Equal(Errno.ENODATA, SetXattr(node, "user.a", [1], 2 /* XATTR_REPLACE */));
        Assert.Equal(Errno.None, SetXattr(node, "user.a", [1]));
        Assert.Equal(Errno.EEXIST, SetXattr(node, "user.a", [1], 1 /* XATTR_CREATE */));
        Assert.Equal(Errno.None, SetXattr(node, "user.a", [3], 2));
        Assert.Equal([3], GetXattr(node, "user.a").Data);
        Assert.Equal(Errno.None, SetXattr(node, "user.b", new byte[3_072]));
        Assert.Equal(Errno.ENOSPC, SetXattr(node, "user.c", new byte[3_072]));
        Assert.Equal(Errno.EOPNOTSUPP, SetXattr(node, "other.a", [1]));
        Assert.Equal(Errno.None, RemoveXattr(node, "user.a"));
        Assert.Equal(Errno.ENODATA, RemoveXattr(node, "user.a"));
        Assert.Equal(Errno.ENODATA, GetXattr(node, "user.a").Errno);
    }

    // unlink(2) is a change of what is unlinked.
    [Fact]
    public void AnOrphansCtimeIsThatOfItsUnlink()
    {
        (FileId node, _) = _master.Created("file");
        Assert.Equal(Ctime(node), Ctime(node));
        long before = Ctime(node);
        _master.Unlink("file");
        Assert.True(Ctime(node) > before);

        // struct fuse_attr: seconds and nanoseconds.
        long Ctime(FileId node)
        {
            byte[] data = _master.Call(_master.Request(FuseOpcode.GetAttr, node.Value).U32(0).U32(0).U64(0)).Data;
            return (BitConverter.ToInt64(data, 56) * 1_000_000_000) + BitConverter.ToUInt32(data, 72);
        }
    }

    [Fact]
    public void AnOrphanLosesSuidByAWriteThatSaysSo()
    {
        (FileId node, ulong handle) = _master.Created("file");
        SetMode(node, 0x9ed /* 04755 */);
        _master.Unlink("file");
        Assert.Equal(Errno.None, _master.Call(_master.Request(FuseOpcode.Write, node.Value)
            .U64(handle).U64(0).U32(1).U32(4 /* FUSE_WRITE_KILL_SUIDGID */).U64(0).U32(2).U32(0).Raw(1)).Errno);
        Assert.Equal(0x81edu, _master.GetAttr(node).Mode);
    }

    [Fact]
    public void AnOrphanGoesWhenItIsForgotten()
    {
        (FileId node, _) = _master.Created("file");
        _master.Unlink("file");
        Assert.Equal((1, 1), (_master.FileSystem.Orphans.Count, _master.FileSystem.KnownInodes));
        Forget(node);
        Assert.Equal((0, 0), (_master.FileSystem.Orphans.Count, _master.FileSystem.KnownInodes));
        Assert.Equal(Errno.ENOENT, _master.GetAttr(node).Errno);
    }

    // FORGET and a new LOOKUP between the moment that the last name is about to go and the one that it is gone.
    [Fact]
    public void AnInodeThatIsLookedUpWhileItsLastNameGoesIsAnOrphanAfterwards()
    {
        (FileId node, _) = _master.Created("file");
        _master.FileSystem.Orphans.Keep(node, 0);
        Forget(node);
        Assert.Equal(1, _master.FileSystem.Orphans.Count);
        Assert.Equal(Errno.None, _master.Call(_master.Request(FuseOpcode.Lookup, 1).Name("file")).Errno);
        Assert.Equal(Errno.None, _master.Unlink("file"));
        Assert.Equal(Errno.None, _master.GetAttr(node).Errno);
        Forget(node);
        Assert.Equal(0, _master.FileSystem.Orphans.Count);
    }

    public void Dispose() => _master.Dispose();

    private RequestBytes MkDir(string name) => _master.Request(FuseOpcode.MkDir, 1).U32(0x1ed).U32(0).Name(name);

    private void SetFree(ulong bytes)
    {
        _master.FreeBytes = bytes;
        _master.Clock.Advance(1);
    }

    private void Interrupt(RequestBytes request) => _master.Serve(MasterUnderTest.InterruptRequest(request));

    // rewinddir(3) that the kernel answers from its list, which it loses before the end.
    [Fact]
    public void ReadingThatGoesOnWhereThisHandleHasNotBeenGivesWhatWasMadeSinceItWasOpened()
    {
        ulong handle = BitConverter.ToUInt64(_master.Call(_master.Request(FuseOpcode.OpenDir, 1).U32(0).U32(0)).Data);
        _master.Created("first");
        _master.Created("second");
        ulong offsetOfFirst = BitConverter.ToUInt64(ReadDir(0), 24 + 8 + 24 + 8 + 8);
        Assert.Contains("second", Encoding.ASCII.GetString(ReadDir(handle, offsetOfFirst)), StringComparison.Ordinal);
        // Where it has been it ends.
        _master.Created("third");
        Assert.DoesNotContain("third", Encoding.ASCII.GetString(ReadDir(handle, offsetOfFirst)), StringComparison.Ordinal);
    }

    private byte[] ReadDir(ulong offset) =>
        ReadDir(BitConverter.ToUInt64(_master.Call(_master.Request(FuseOpcode.OpenDir, 1).U32(0).U32(0)).Data), offset);

    private byte[] ReadDir(ulong handle, ulong offset) =>
        _master.Call(_master.Request(FuseOpcode.ReadDir, 1).U64(handle).U64(offset).U32(4_096).U32(0).U64(0).U32(0).U32(0)).Data;

    private void Forget(FileId node) => _master.Serve(_master.Request(FuseOpcode.Forget, node.Value).U64(1));

    private Errno Allocate(FileId node, ulong handle, ulong offset, ulong length, uint mode) =>
        _master.Call(_master.Request(FuseOpcode.FAllocate, node.Value).U64(handle).U64(offset).U64(length).U32(mode).U32(0)).Errno;

    private Errno Truncate(FileId node, ulong size) => SetAttr(node, 8 /* FATTR_SIZE */, size, 0);

    private void SetMode(FileId node, uint mode) => Assert.Equal(Errno.None, SetAttr(node, 1 /* FATTR_MODE */, 0, mode));

    private Errno SetAttr(FileId node, uint valid, ulong size, uint mode) => _master.Call(_master.Request(FuseOpcode.SetAttr, node.Value)
        .U32(valid).U32(0).U64(0 /* fh */).U64(size).U64(0).U64(0).U64(0).U64(0).U32(0).U32(0).U32(0).U32(mode).U32(0).U32(0).U32(0).U32(0)).Errno;

    private Errno SetXattr(FileId node, string name, byte[] value, uint flags = 0) =>
        _master.Call(_master.Request(FuseOpcode.SetXattr, node.Value).U32((uint)value.Length).U32(flags).U32(0).U32(0).Name(name).Raw(value)).Errno;

    private (Errno Errno, byte[] Data) GetXattr(FileId node, string name) =>
        _master.Call(_master.Request(FuseOpcode.GetXattr, node.Value).U32(100).U32(0).Name(name));

    private Errno RemoveXattr(FileId node, string name) => _master.Call(_master.Request(FuseOpcode.RemoveXattr, node.Value).Name(name)).Errno;
}
