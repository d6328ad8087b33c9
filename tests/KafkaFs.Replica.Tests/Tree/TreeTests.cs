using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Posix;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Tests.Namespace;
using KafkaFs.Replica.Tree;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.Replica.Tests.Tree;

/// <summary>Effects on a real filesystem: after each, the tree is what the namespace says.</summary>
public abstract class TreeTests(TreePlace place) : IDisposable
{
    private readonly TreeUnderTest _tree = new(place);

    private TestLog Log => _tree.Log;

    [Fact]
    public void EveryKindOfInodeIsMade()
    {
        Log.Make(ChangeKind.Create, FileId.Root, "file");
        FileId directory = Log.Make(ChangeKind.Mkdir, FileId.Root, "dir");
        Log.Make(ChangeKind.Symlink, directory, "link");
        foreach ((uint type, string name) in new[] { (1u, "fifo"), (2u, "char"), (6u, "block"), (12u, "socket") })
        {
            Change change = new() { Kind = ChangeKind.Mknod, Parent = directory, Name = TestLog.Bytes(name), Type = type, Mode = 0x1b6, Rdev = type is 2 or 6 ? 0x103u : 0 };
            Assert.Equal(Outcome.Success, Log.Do(ref change));
        }

        _tree.Verify();
        Assert.Equal(place.Ownership == TreeOwnership.Full ? "1:3" : "0:0", ToolProcess.Shell($"stat -c %t:%T '{_tree.Path}/dir/char'").Trim());
        Assert.Equal("target", new FileInfo($"{_tree.Path}/dir/link").LinkTarget);
    }

    [Fact]
    public void NamesAreBytesOfAnyKindAndLength()
    {
        foreach (byte[] name in new byte[][] { [0xff, 0xfe, 0x01], [(byte)'\n'], "🦆"u8.ToArray(), [.. Enumerable.Repeat((byte)'n', 255)], "-rf"u8.ToArray() })
        {
            Change change = new() { Kind = ChangeKind.Create, Parent = FileId.Root, Name = name, Mode = 0x180 };
            Assert.Equal(Outcome.Success, Log.Do(ref change));
        }

        _tree.Verify();
    }

    [Fact]
    public void RenamesReplaceExchangeAndMove()
    {
        FileId a = Log.Make(ChangeKind.Mkdir, FileId.Root, "a"), b = Log.Make(ChangeKind.Mkdir, FileId.Root, "b");
        Log.Make(ChangeKind.Create, a, "f");
        Log.Make(ChangeKind.Create, b, "g");
        Assert.Equal(Outcome.Success, Log.Rename(a, "f", b, "g"));
        _tree.Verify();
        Assert.Equal(Outcome.Success, Log.Rename(FileId.Root, "a", b, "sub"));
        _tree.Verify();
        Log.Make(ChangeKind.Create, FileId.Root, "x");
        Assert.Equal(Outcome.Success, Log.Rename(FileId.Root, "x", b, "sub", ChangeFlags.RenameExchange));
        _tree.Verify();
        Log.Make(ChangeKind.Mkdir, FileId.Root, "empty");
        Assert.Equal(Outcome.Success, Log.Rename(FileId.Root, "x", FileId.Root, "empty"));
        _tree.Verify();
    }

    [Fact]
    public void LinksAndRemovals()
    {
        FileId file = Log.Make(ChangeKind.Create, FileId.Root, "f"), directory = Log.Make(ChangeKind.Mkdir, FileId.Root, "d");
        Assert.Equal(Outcome.Success, Log.Link(file, directory, "hard"));
        _tree.Verify();
        Assert.Equal(Outcome.Success, Log.Remove(ChangeKind.Unlink, FileId.Root, "f"));
        _tree.Verify();
        Assert.Equal(Outcome.Success, Log.Remove(ChangeKind.Unlink, directory, "hard"));
        Assert.Equal(Outcome.Success, Log.Remove(ChangeKind.Rmdir, FileId.Root, "d"));
        _tree.Verify();
        Assert.Equal([".kafkafs"], Directory.GetFileSystemEntries(_tree.Path).Select(Path.GetFileName).Where(name => name != "lost+found"));
    }

    [Fact]
    public void ContentIsWrittenTruncatedAndAllocated()
    {
        FileId file = Log.Make(ChangeKind.Create, FileId.Root, "f");
        Write(file, 0, "hello world");
        Write(file, 6, "there");
        Write(file, 0, "!", ChangeFlags.Append);
        Assert.Equal("hello there!", Content("f"));
        Change truncate = new() { Kind = ChangeKind.Truncate, Inode = file, Size = 5 };
        Assert.Equal(Outcome.Success, Log.Do(ref truncate));
        Assert.Equal("hello", Content("f"));
        Allocate(file, mode: 0, 0, 8);
        Allocate(file, mode: 3, 1, 2);
        Allocate(file, mode: 16, 7, 3);
        Allocate(file, mode: 1, 100, 4_096);
        _tree.Verify();
        Assert.Equal("h\0\0lo\0\0\0\0\0", Content("f"));
    }

    [Fact]
    public void AttributesAreSetAlsoWhereChownStripsThem()
    {
        FileId file = Log.Make(ChangeKind.Create, FileId.Root, "f");
        Change change = new() { Kind = ChangeKind.SetAttr, Inode = file, HasMode = true, Mode = 0xdfb };
        Assert.Equal(Outcome.Success, Log.Do(ref change));
        _tree.Verify();
        change = new() { Kind = ChangeKind.SetAttr, Inode = file, HasUid = true, Uid = 12_345, HasGid = true, Gid = 54_321 };
        Assert.Equal(Outcome.Success, Log.Do(ref change));
        _tree.Verify();
        change = new() { Kind = ChangeKind.SetAttr, Inode = file, HasAtime = true, AtimeNs = 5, HasMtime = true, MtimeNs = 1_234_567_890_123_456_789 };
        Assert.Equal(Outcome.Success, Log.Do(ref change));
        _tree.Verify();
        Assert.Equal(place.Ownership == TreeOwnership.Full ? "6773" : "773", ToolProcess.Shell($"stat -c %a '{_tree.Path}/f'").Trim());
    }

    [Fact]
    public void TimesAreHeldWithinTheProfile()
    {
        foreach (long ns in new[] { int.MinValue * 1_000_000_000L, -1, 0, 1, 9_223_372_035L * 1_000_000_000, long.MaxValue, long.MinValue })
        {
            FileId file = Log.Make(ChangeKind.Create, FileId.Root, $"t{ns}");
            Change change = new() { Kind = ChangeKind.SetAttr, Inode = file, HasMtime = true, MtimeNs = ns };
            Assert.Equal(Outcome.Success, Log.Do(ref change));
        }

        _tree.Verify();
    }

    [Fact]
    public void ExtendedAttributesOfAllNamespacesAndTheirRemoval()
    {
        FileId file = Log.Make(ChangeKind.Create, FileId.Root, "f"), directory = Log.Make(ChangeKind.Mkdir, FileId.Root, "d");
        byte[] capability = new byte[20];
        (capability[0], capability[3], capability[5]) = (1, 2, 0x20);
        SetXattr(file, "user.note", "hello"u8.ToArray());
        SetXattr(file, "trusted.t", []);
        SetXattr(file, "security.capability", capability);
        SetXattr(directory, "user.big", new byte[3_072]);
        _tree.Verify();
        Write(file, 0, "x", ChangeFlags.KillSuidGid);
        Assert.False(Log.State.TryGetXattr(file, "security.capability"u8, out _));
        _tree.Verify();
        byte[] name = TestLog.Bytes("user.note");
        Change change = new() { Kind = ChangeKind.RemoveXattr, Inode = file, Name = name };
        Assert.Equal(Outcome.Success, Log.Do(ref change));
        _tree.Verify();
    }

    [Fact]
    public void ALongTargetIsHeldByEveryTree()
    {
        byte[] name = TestLog.Bytes("long"), target = [.. Enumerable.Repeat((byte)'t', 4_095)];
        Change change = new() { Kind = ChangeKind.Symlink, Parent = FileId.Root, Name = name, Data = target };
        Assert.Equal(Outcome.Success, Log.Do(ref change));
        _tree.Verify();
        bool isHeld = new FileInfo($"{_tree.Path}/long").LinkTarget!.Length == 4_095;
        Assert.True(place.Kind.Length == 0 || isHeld == (place.Kind != "xfs"));
    }

    [Fact]
    public void AnInodeNumberThatIsUsedAgainIsAnotherObject()
    {
        for (int round = 0; round < 20; round++)
        {
            FileId file = Log.Make(ChangeKind.Create, FileId.Root, "f");
            Assert.Equal(Outcome.Success, Log.Rename(FileId.Root, "f", FileId.Root, "g"));
            Write(file, 0, $"round {round}");
            Assert.Equal($"round {round}", Content("g"));
            Assert.Equal(Outcome.Success, Log.Remove(ChangeKind.Unlink, FileId.Root, "g"));
        }

        _tree.Verify();
    }

    [Fact]
    public void APathOfAnyLengthIsWalked()
    {
        FileId directory = FileId.Root;
        for (int depth = 0; depth < 40; depth++)
        {
            directory = Log.Make(ChangeKind.Mkdir, directory, new string((char)('a' + (depth % 26)), 200 + depth));
        }

        FileId file = Log.Make(ChangeKind.Create, directory, "file");
        _tree.Reopen();
        Write(file, 0, "deep");
        _tree.Reopen();
        Assert.Equal(Outcome.Success, Log.Rename(directory, "file", directory, "renamed"));
        Log.Make(ChangeKind.Mkdir, directory, "below");
        _tree.Verify();
        Assert.Equal(Errno.None, _tree.Tree.OpenFile(file, KafkaFs.Posix.Files.OpenFlags.ReadOnly, Log.State, out KafkaFs.Posix.SafeFd fd));
        fd.Dispose();
    }

    [Fact]
    public void G7_AnEffectWithANameThatNoTreeMayHoldIsABrokenInvariant()
    {
        foreach (string name in new[] { "..", ".", "", "a/b", "../x", ".kafkafs", new string('x', 256), "a\0b" })
        {
            byte[] bytes = TestLog.Bytes(name);
            Change change = new() { Kind = ChangeKind.Unlink, Parent = FileId.Root, Name = bytes };
            Effects effects = new() { Kind = EffectKind.Remove, Inode = new FileId(77), Parent = FileId.Root };
            Assert.Throws<InvalidOperationException>(() => Realize(bytes, effects));
        }

        void Realize(byte[] bytes, Effects effects)
        {
            Change change = new() { Kind = ChangeKind.Unlink, Parent = FileId.Root, Name = bytes };
            _tree.Tree.Realize(change, effects, Log.State);
        }
    }

    [Fact]
    public void ADataRootThatIsSetAsideIsEmptyAndNothingIsLost()
    {
        FileId directory = Log.Make(ChangeKind.Mkdir, FileId.Root, "d");
        Log.Make(ChangeKind.Create, directory, "f");
        _tree.Root.WriteStateFile(DataRoot.BindingFile, "{}"u8);
        string aside = _tree.Root.SetAside();
        Assert.True(_tree.Root.IsEmpty);
        Assert.Null(_tree.Root.ReadStateFile(DataRoot.BindingFile));
        Assert.True(File.Exists($"{aside}/d/f"));
        Assert.True(File.Exists($"{aside}/.kafkafs/journal.json"));
        Assert.NotEqual(aside, _tree.Root.SetAside());
    }

    [Fact]
    public void ASettingAsideThatWasInterruptedGoesOnInTheSamePlace()
    {
        Log.Make(ChangeKind.Mkdir, FileId.Root, "d");
        _tree.Root.WriteStateFile("setting-aside", "aside-before"u8);
        Directory.CreateDirectory($"{_tree.Path}/.kafkafs/aside-before/moved");
        Assert.EndsWith("/aside-before", _tree.Root.SetAside(), StringComparison.Ordinal);
        Assert.Equal([".kafkafs", "d", "moved"], Directory.GetDirectories($"{_tree.Path}/.kafkafs/aside-before").Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    public void Dispose()
    {
        _tree.Dispose();
        GC.SuppressFinalize(this);
    }

    private void Write(FileId file, ulong offset, string text, ChangeFlags flags = 0)
    {
        byte[] data = TestLog.Bytes(text);
        Change change = new() { Kind = ChangeKind.Write, Inode = file, Offset = offset, Data = data, Flags = flags };
        Assert.Equal(Outcome.Success, Log.Do(ref change));
    }

    private void Allocate(FileId file, uint mode, ulong offset, ulong length)
    {
        Change change = new() { Kind = ChangeKind.Allocate, Inode = file, Mode = mode, Offset = offset, Length = length };
        Assert.Equal(Outcome.Success, Log.Do(ref change));
    }

    private void SetXattr(FileId inode, string name, byte[] value)
    {
        byte[] bytes = TestLog.Bytes(name);
        Change change = new() { Kind = ChangeKind.SetXattr, Inode = inode, Name = bytes, Data = value };
        Assert.Equal(Outcome.Success, Log.Do(ref change));
    }

    private string Content(string name) => File.ReadAllText($"{_tree.Path}/{name}");
}

public sealed class TmpfsTreeTests(TmpfsFixture place) : TreeTests(place), IClassFixture<TmpfsFixture>;

public sealed class Ext4TreeTests(Ext4Fixture place) : TreeTests(place), IClassFixture<Ext4Fixture>;

public sealed class XfsTreeTests(XfsFixture place) : TreeTests(place), IClassFixture<XfsFixture>;

public sealed class BtrfsTreeTests(BtrfsFixture place) : TreeTests(place), IClassFixture<BtrfsFixture>;

public sealed class PathWalkTreeTests(PathWalkFixture place) : TreeTests(place), IClassFixture<PathWalkFixture>;

[Trait("Tier", "user")]
public sealed class UserTreeTests(UserFixture place) : TreeTests(place), IClassFixture<UserFixture>;
