using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Posix;
using KafkaFs.Replica.Namespace;
using Xunit;

namespace KafkaFs.Replica.Tests.Namespace;

public sealed class EvaluationTests
{
    private readonly TestLog _log = TestLog.WithSessions(2);

    [Fact]
    public void G5_OfTwoRacingRenamesIntoEachOtherTheSecondFails()
    {
        FileId x = _log.Make(ChangeKind.Mkdir, FileId.Root, "x"), y = _log.Make(ChangeKind.Mkdir, FileId.Root, "y");
        Assert.Equal(Outcome.Success, _log.Rename(FileId.Root, "x", y, "x", session: 1));
        Assert.Equal(Outcome.Failed(Errno.EINVAL), _log.Rename(FileId.Root, "y", x, "y", session: 2));
    }

    [Theory]
    [InlineData("file", "dir", Errno.EISDIR)]
    [InlineData("dir", "file", Errno.ENOTDIR)]
    [InlineData("dir", "full", Errno.ENOTEMPTY)]
    [InlineData("dir", "dir2", Errno.None)]
    [InlineData("file", "file2", Errno.None)]
    [InlineData("nothing", "file", Errno.ENOENT)]
    [InlineData("full", "full/below", Errno.EINVAL)]
    public void RenameGivesTheErrorsOfRename2(string from, string to, Errno expected)
    {
        MakeTree(out FileId full);
        (FileId parent, string name) = to.StartsWith("full/", StringComparison.Ordinal) ? (full, to[5..]) : (FileId.Root, to);
        Assert.Equal(Outcome.Failed(expected), _log.Rename(FileId.Root, from, parent, name));
    }

    [Fact]
    public void RenameNoReplaceAndExchange()
    {
        MakeTree(out _);
        FileId file = _log.State.Lookup(FileId.Root, "file"u8), dir = _log.State.Lookup(FileId.Root, "dir"u8);
        Assert.Equal(Outcome.Failed(Errno.EEXIST), _log.Rename(FileId.Root, "file", FileId.Root, "dir", ChangeFlags.RenameNoReplace));
        Assert.Equal(Outcome.Failed(Errno.ENOENT), _log.Rename(FileId.Root, "file", FileId.Root, "none", ChangeFlags.RenameExchange));
        Assert.Equal(Outcome.Success, _log.Rename(FileId.Root, "file", FileId.Root, "dir", ChangeFlags.RenameExchange));
        Assert.Equal(dir, _log.State.Lookup(FileId.Root, "file"u8));
        Assert.Equal(file, _log.State.Lookup(FileId.Root, "dir"u8));
    }

    [Fact]
    public void TwoNamesOfOneInodeRenamedOntoEachOtherStay()
    {
        FileId file = _log.Make(ChangeKind.Create, FileId.Root, "a");
        Assert.Equal(Outcome.Success, _log.Link(file, FileId.Root, "b"));
        InodeAttributes before = _log.Attributes(file);
        Assert.Equal(Outcome.Success, _log.Rename(FileId.Root, "a", FileId.Root, "b"));
        Assert.Equal(EffectKind.None, _log.Effects.Kind);
        Assert.Equal(before, _log.Attributes(file));
        Assert.Equal(file, _log.State.Lookup(FileId.Root, "a"u8));
    }

    [Theory]
    [InlineData(ChangeKind.Unlink, "dir", Errno.EISDIR)]
    [InlineData(ChangeKind.Unlink, "none", Errno.ENOENT)]
    [InlineData(ChangeKind.Rmdir, "file", Errno.ENOTDIR)]
    [InlineData(ChangeKind.Rmdir, "full", Errno.ENOTEMPTY)]
    [InlineData(ChangeKind.Rmdir, "dir", Errno.None)]
    public void RemovingGivesTheErrorsOfLocalFilesystems(ChangeKind kind, string name, Errno expected)
    {
        MakeTree(out _);
        Assert.Equal(Outcome.Failed(expected), _log.Remove(kind, FileId.Root, name));
    }

    [Fact]
    public void CreatingGivesTheErrorsOfLocalFilesystems()
    {
        MakeTree(out _);
        FileId file = _log.State.Lookup(FileId.Root, "file"u8), dir = _log.State.Lookup(FileId.Root, "dir"u8);
        Assert.Equal(Outcome.Failed(Errno.EEXIST), _log.Make(ChangeKind.Mkdir, FileId.Root, "file", out _));
        Assert.Equal(Outcome.Failed(Errno.ENOTDIR), _log.Make(ChangeKind.Create, file, "x", out _));
        Assert.Equal(Outcome.Failed(Errno.ENAMETOOLONG), _log.Make(ChangeKind.Create, FileId.Root, new string('n', 256), out _));
        Assert.Equal(Outcome.Failed(Errno.EPERM), _log.Make(ChangeKind.Create, FileId.Root, ".kafkafs", out _));
        Assert.Equal(Outcome.Success, _log.Make(ChangeKind.Create, dir, ".kafkafs", out _));
        Assert.Equal(Outcome.Failed(Errno.EPERM), _log.Link(dir, FileId.Root, "l"));
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a\0b")]
    [InlineData("")]
    public void G7_AnImpossibleNameIsVoidAndUsesUpItsSequence(string name)
    {
        Assert.Equal(Outcome.IsVoid(VoidReason.Malformed), _log.Make(ChangeKind.Create, FileId.Root, name, out _));
        Assert.Equal(Outcome.Success, _log.Make(ChangeKind.Create, FileId.Root, "next", out _));
    }

    [Fact]
    public void ARecordOfAnUnlinkedFileSucceedsAndDoesNothing()
    {
        FileId file = _log.Make(ChangeKind.Create, FileId.Root, "f");
        Assert.Equal(Outcome.Success, _log.Remove(ChangeKind.Unlink, FileId.Root, "f"));
        Assert.Equal(Outcome.Success, _log.Write(file, 0, 10));
        Assert.Equal(EffectKind.None, _log.Effects.Kind);
        Assert.Equal(Outcome.Failed(Errno.ENOENT), _log.Write(FileId.Of(new SessionId(1), 999), 0, 10));
    }

    [Fact]
    public void AnAppendGoesToTheSizeThatTheLogFinds()
    {
        FileId file = _log.Make(ChangeKind.Create, FileId.Root, "f");
        _log.Write(file, 0, 100);
        Assert.Equal(Outcome.Success, _log.Write(file, 5, 10, ChangeFlags.Append));
        Assert.Equal(100UL, _log.Effects.Offset);
        Assert.Equal(110UL, _log.Attributes(file).Size);
        Assert.Equal(Outcome.Failed(Errno.EFBIG), _log.Write(file, Limits.Default.FileSizeMax, 1));
    }

    [Theory]
    [InlineData(0xded, 0x1ed)] // 06755: group may execute, both go
    [InlineData(0xde5, 0x5e5)] // 06745: sgid without group execution stays
    public void KillSuidGidIsDecidedAgainstTheModeAtThatMoment(int mode, int expected)
    {
        Assert.Equal(Outcome.Success, _log.Make(ChangeKind.Create, FileId.Root, "f", out FileId file, mode: (uint)mode));
        _log.Write(file, 0, 1, ChangeFlags.KillSuidGid);
        Assert.Equal(expected, _log.Attributes(file).Mode);
        Assert.True(_log.Effects.TryGetUpdate(file, out InodeUpdate update));
        Assert.True((update.Changed & InodeAspects.Mode) != 0);
    }

    [Theory] // open.c, chown_common: whatever is no directory
    [InlineData(InodeType.Fifo, 0x1ed)]
    [InlineData(InodeType.Socket, 0x1ed)]
    [InlineData(InodeType.Directory, 0xded)]
    public void AChownDropsSuidOfAllButDirectories(InodeType type, int expected)
    {
        Change made = new() { Kind = ChangeKind.Mkdir, Parent = FileId.Root, Name = "f"u8, Mode = 0xded };
        (made.Kind, made.Type) = type == InodeType.Directory ? (ChangeKind.Mkdir, 0u) : (ChangeKind.Mknod, (uint)type);
        Assert.Equal(Outcome.Success, _log.Do(ref made));
        Change change = new() { Kind = ChangeKind.SetAttr, Inode = made.Inode, Flags = ChangeFlags.KillSuidGid };
        Assert.Equal(Outcome.Success, _log.Do(ref change));
        Assert.Equal(expected, _log.Attributes(made.Inode).Mode);
    }

    [Fact]
    public void TimeNeverRunsBackwardsAndOneFastClockCannotFreezeIt()
    {
        FileId early = Timed("early", _log.NowMs * 1_000_000);
        FileId fast = Timed("fast", (_log.NowMs * 1_000_000) + (3_600 * TestLog.Second));
        FileId slow = Timed("slow", 0x7fff);
        long limit = (_log.NowMs * 1_000_000) + (10 * TestLog.Second);
        Assert.Equal(limit, _log.Attributes(fast).MtimeNs);
        Assert.True(_log.Attributes(early).MtimeNs < _log.Attributes(fast).MtimeNs);
        Assert.Equal(limit + 1, _log.Attributes(slow).MtimeNs);
    }

    [Fact]
    public void XattrsFollowNamespacesFlagsAndLimits()
    {
        FileId file = _log.Make(ChangeKind.Create, FileId.Root, "f"), link = _log.Make(ChangeKind.Symlink, FileId.Root, "l");
        Assert.Equal(Errno.None, Set(file, "user.a", 10, 0));
        Assert.Equal(Errno.EEXIST, Set(file, "user.a", 10, ChangeFlags.XattrCreate));
        Assert.Equal(Errno.ENODATA, Set(file, "user.b", 10, ChangeFlags.XattrReplace));
        Assert.Equal(Errno.EPERM, Set(link, "user.a", 10, 0));
        Assert.Equal(Errno.EOPNOTSUPP, Set(file, "system.posix_acl_access", 10, 0));
        Assert.Equal(Errno.EOPNOTSUPP, Set(file, "security.selinux", 3, 0));
        Assert.Equal(Errno.ENOSPC, Set(file, "user.big", 3_073, 0));
        Assert.Equal(Errno.None, Set(file, "user.big", 3_072, 0));
        Assert.Equal(Errno.ENOSPC, Set(file, "user.more", 1_000, 0));
        Change remove = new() { Kind = ChangeKind.RemoveXattr, Inode = file, Name = "user.none"u8 };
        Assert.Equal(Outcome.Failed(Errno.ENODATA), _log.Do(ref remove));
    }

    [Fact]
    public void LinkCountsOfDirectoriesCountSubdirectories()
    {
        FileId dir = _log.Make(ChangeKind.Mkdir, FileId.Root, "d");
        _log.Make(ChangeKind.Mkdir, dir, "sub");
        _log.Make(ChangeKind.Create, dir, "file");
        Assert.Equal(3U, _log.Attributes(dir).StLinks);
        _log.Rename(dir, "sub", FileId.Root, "moved");
        Assert.Equal(2U, _log.Attributes(dir).StLinks);
        Assert.Equal(4U, _log.Attributes(FileId.Root).StLinks);
    }

    private FileId Timed(string name, long timeNs)
    {
        byte[] bytes = TestLog.Bytes(name);
        Change change = new() { Kind = ChangeKind.Create, Parent = FileId.Root, Name = bytes };
        change.Header.TimeNs = timeNs;
        Assert.Equal(Outcome.Success, _log.Do(ref change));
        return change.Inode;
    }

    private Errno Set(FileId inode, string name, int bytes, ChangeFlags flags)
    {
        byte[] key = TestLog.Bytes(name), value = new byte[bytes];
        Change change = new() { Kind = ChangeKind.SetXattr, Inode = inode, Name = key, Data = value, Flags = flags };
        return _log.Do(ref change).Errno;
    }

    private void MakeTree(out FileId full)
    {
        _log.Make(ChangeKind.Create, FileId.Root, "file");
        _log.Make(ChangeKind.Create, FileId.Root, "file2");
        _log.Make(ChangeKind.Mkdir, FileId.Root, "dir");
        _log.Make(ChangeKind.Mkdir, FileId.Root, "dir2");
        full = _log.Make(ChangeKind.Mkdir, FileId.Root, "full");
        _log.Make(ChangeKind.Mkdir, full, "below");
    }
}
