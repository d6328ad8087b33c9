using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Posix;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Tests.Namespace;
using KafkaFs.Replica.Tree;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.Replica.Tests.Tree;

/// <summary>What this machine refuses is no outcome: it is reported, and the same record may be tried again.</summary>
public abstract class RefusalTests(TreePlace place) : IDisposable
{
    private readonly TreeUnderTest _tree = new(place);

    private TestLog Log => _tree.Log;

    [Fact]
    public void WhatTheMachineRefusesIsNoOutcomeAndCanBeTriedAgain()
    {
        FileId file = Log.Make(ChangeKind.Create, FileId.Root, "f");
        _tree.Verify();
        Log.MayBeRefused = true;
        ToolProcess.Shell($"chattr +i '{_tree.Path}/f'");
        Log.Write(file, 0, 1);
        Assert.Equal(new TreeResult(Errno.EPERM, "f", "open for writing"), Log.LastTreeResult);
        Assert.Equal(0ul, Log.Attributes(file).Size);
        ToolProcess.Shell($"chattr -i '{_tree.Path}/f'");
        Log.Write(file, 0, 1);
        Assert.True(Log.LastTreeResult.Succeeded);
        _tree.Verify();
    }

    [Fact]
    public void G1_TimesThatWereRefusedAreReportedAndWrittenLater()
    {
        FileId file = Log.Make(ChangeKind.Create, FileId.Root, "f"), other = Log.Make(ChangeKind.Create, FileId.Root, "g");
        _tree.Verify();
        SetMtime(file);
        SetMtime(other);
        ToolProcess.Shell($"chattr +i '{_tree.Path}/f'");
        Assert.Equal(new TreeResult(Errno.EPERM, "f", "set times"), _tree.Tree.EndBatch(Log.State));
        Assert.Equal(new TreeResult(Errno.EPERM, "f", "set times"), _tree.Tree.EndBatch(Log.State));
        ToolProcess.Shell($"chattr -i '{_tree.Path}/f'");
        _tree.Verify();
    }

    [Fact]
    public void TimesOfWhatIsNoLongerInTheNamespaceAreForgotten()
    {
        FileId file = Log.Make(ChangeKind.Create, FileId.Root, "f");
        SetMtime(file);
        Assert.Equal(TreeResult.Success, _tree.Tree.EndBatch(new NamespaceState()));
    }

    [Fact]
    public void AnythingThatIsRefusedAfterItsCallCanBeTriedAgainAndIsNoStranger()
    {
        FileId file = default, directory = default;
        ManyTimes(() => file = Log.Make(ChangeKind.Create, FileId.Root, "f"));
        ManyTimes(() => directory = Log.Make(ChangeKind.Mkdir, FileId.Root, "d"));
        ManyTimes(() => Log.Make(ChangeKind.Symlink, directory, "l"));
        ManyTimes(() => Node(directory, "fifo", 1, 0));
        ManyTimes(() => Node(directory, "char", 2, 0x103));
        ManyTimes(() => Log.Link(file, directory, "hard"));
        ManyTimes(() => Log.Rename(directory, "hard", FileId.Root, "free"));
        ManyTimes(() => Log.Rename(directory, "l", FileId.Root, "free"));
        ManyTimes(() => Log.Rename(FileId.Root, "d", FileId.Root, "f", ChangeFlags.RenameExchange));
        ManyTimes(() => Log.Write(file, 3, 10));
        ManyTimes(() => Log.Remove(ChangeKind.Unlink, directory, "fifo"));
        ManyTimes(() => Log.Remove(ChangeKind.Unlink, directory, "char"));
        ManyTimes(() => Log.Remove(ChangeKind.Rmdir, FileId.Root, "f"));
        Assert.Equal(0, _tree.Tree.Strangers);
    }

    public void Dispose()
    {
        _tree.Dispose();
        GC.SuppressFinalize(this);
    }

    // Refuses the first labelled call of a record, then in a second attempt the second one, and so on until all pass.
    private void ManyTimes(Action append)
    {
        int attempt = 0, call;
        Log.MayBeRefused = true;
        do
        {
            (call, attempt) = (0, attempt + 1);
            _tree.Tree.RefuseAfter = _ => ++call == attempt ? Errno.EMFILE : Errno.None;
            append();
        }
        while (!Log.LastTreeResult.Succeeded);
        Assert.True(attempt > 1);
        _tree.Tree.RefuseAfter = null;
        Log.MayBeRefused = false;
        _tree.Verify();
    }

    private void Node(FileId parent, string name, uint type, uint device)
    {
        Change change = new() { Kind = ChangeKind.Mknod, Parent = parent, Name = TestLog.Bytes(name), Type = type, Mode = 0x180, Rdev = device };
        Log.Do(ref change);
    }

    private void SetMtime(FileId inode)
    {
        Change change = new() { Kind = ChangeKind.SetAttr, Inode = inode, HasMtime = true, MtimeNs = 1_234_567_890_123_456_789 };
        Assert.Equal(Outcome.Success, Log.Do(ref change));
    }
}

public sealed class TmpfsRefusalTests(TmpfsFixture place) : RefusalTests(place), IClassFixture<TmpfsFixture>;

public sealed class Ext4RefusalTests(Ext4Fixture place) : RefusalTests(place), IClassFixture<Ext4Fixture>;

public sealed class XfsRefusalTests(XfsFixture place) : RefusalTests(place), IClassFixture<XfsFixture>;

public sealed class BtrfsRefusalTests(BtrfsFixture place) : RefusalTests(place), IClassFixture<BtrfsFixture>;
