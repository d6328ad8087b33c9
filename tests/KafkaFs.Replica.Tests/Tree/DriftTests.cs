using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Posix;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Tests.Namespace;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.Replica.Tests.Tree;

/// <summary>What somebody else's hand does in a tree: nothing of it is deleted, and nothing outside is touched.</summary>
public abstract class DriftTests(TreePlace place) : IDisposable
{
    private readonly TreeUnderTest _tree = new(place);

    private TestLog Log => _tree.Log;

    [Fact]
    public void StrangersAreKeptAndMakeWay()
    {
        FileId directory = Log.Make(ChangeKind.Mkdir, FileId.Root, "d");
        Plant("new", "mine");
        Plant("d/stray", "also mine");
        Log.Make(ChangeKind.Create, FileId.Root, "new");
        Assert.Equal(Outcome.Success, Log.Remove(ChangeKind.Rmdir, FileId.Root, "d"));
        _tree.Verify();
        Assert.Equal(["also mine", "mine"], _tree.Foreign);
        Assert.Equal(2, _tree.Tree.Strangers);
        Assert.False(Log.State.TryGetAttributes(directory, out _));
    }

    [Fact]
    public void AGoalThatIsMetAlreadyIsCountedAndPassed()
    {
        Log.Make(ChangeKind.Create, FileId.Root, "f");
        ToolProcess.Shell($"rm '{_tree.Path}/f'");
        Assert.Equal(Outcome.Success, Log.Remove(ChangeKind.Unlink, FileId.Root, "f"));
        Assert.Equal(1, _tree.Tree.GoalsMet);
        _tree.Verify();
    }

    [Fact]
    public void ARenameOntoAFreeNameKeepsTheStrangerThere()
    {
        Log.Make(ChangeKind.Create, FileId.Root, "f");
        Log.Make(ChangeKind.Mkdir, FileId.Root, "d");
        Plant("g", "mine");
        ToolProcess.Shell($"mkdir '{_tree.Path}/e'");
        Assert.Equal(Outcome.Success, Log.Rename(FileId.Root, "f", FileId.Root, "g"));
        Assert.Equal(Outcome.Success, Log.Rename(FileId.Root, "d", FileId.Root, "e"));
        _tree.Verify();
        Assert.Equal(["mine"], _tree.Foreign);
        Assert.Equal(2, _tree.Tree.Strangers);
    }

    [Fact]
    public void ARenameThatReplacesKeepsTheStrangerInsteadOfTheReplaced()
    {
        Log.Make(ChangeKind.Create, FileId.Root, "f");
        Log.Make(ChangeKind.Create, FileId.Root, "g");
        Replace("g", "edited");
        Assert.Equal(Outcome.Success, Log.Rename(FileId.Root, "f", FileId.Root, "g"));
        _tree.Verify();
        Assert.Equal(["edited"], _tree.Foreign);
    }

    [Fact]
    public void ARenameThatReplacesADirectoryKeepsWhatIsInIt()
    {
        Log.Make(ChangeKind.Mkdir, FileId.Root, "d");
        Log.Make(ChangeKind.Mkdir, FileId.Root, "e");
        Plant("e/stray", "mine");
        Assert.Equal(Outcome.Success, Log.Rename(FileId.Root, "d", FileId.Root, "e"));
        _tree.Verify();
        Assert.Equal(["mine"], _tree.Foreign);
    }

    [Fact]
    public void RemovalsKeepTheStrangerInsteadOfTheRemoved()
    {
        foreach ((ChangeKind make, string name) in new[] { (ChangeKind.Create, "f"), (ChangeKind.Create, "g"), (ChangeKind.Mkdir, "d") })
        {
            Log.Make(make, FileId.Root, name);
        }

        Replace("f", "edited");
        ToolProcess.Shell($"cd '{_tree.Path}'; rm g; mkdir g; echo -n inside > g/file; rmdir d; echo -n file > d");
        Assert.Equal(Outcome.Success, Log.Remove(ChangeKind.Unlink, FileId.Root, "f"));
        Assert.Equal(Outcome.Success, Log.Remove(ChangeKind.Unlink, FileId.Root, "g"));
        Assert.Equal(Outcome.Success, Log.Remove(ChangeKind.Rmdir, FileId.Root, "d"));
        _tree.Verify();
        Assert.Equal(["edited", "file"], _tree.Foreign);
        Assert.Equal("inside", ToolProcess.Shell($"cat '{_tree.Path}'/.kafkafs/foreign/*/file"));
    }

    [Fact]
    public void ALinkOntoAFreeNameKeepsTheStrangerThere()
    {
        FileId file = Log.Make(ChangeKind.Create, FileId.Root, "f");
        Plant("g", "mine");
        Assert.Equal(Outcome.Success, Log.Link(file, FileId.Root, "g"));
        _tree.Verify();
        Assert.Equal(["mine"], _tree.Foreign);
    }

    [Fact]
    public void AMissingObjectIsRefusedAndAStrangerIsNotRenamedInItsPlace()
    {
        Log.Make(ChangeKind.Create, FileId.Root, "f");
        Log.Make(ChangeKind.Create, FileId.Root, "g");
        Replace("f", "edited");
        Log.MayBeRefused = true;
        Log.Rename(FileId.Root, "f", FileId.Root, "new");
        Assert.Equal(Errno.ESTALE, Log.LastTreeResult.Errno);
        Log.Rename(FileId.Root, "f", FileId.Root, "g", ChangeFlags.RenameExchange);
        Assert.Equal(Errno.ESTALE, Log.LastTreeResult.Errno);
        Assert.Equal("edited", File.ReadAllText($"{_tree.Path}/f"));
        Assert.Equal("", File.ReadAllText($"{_tree.Path}/g"));
        File.Delete($"{_tree.Path}/f");
        Log.Rename(FileId.Root, "f", FileId.Root, "new");
        Assert.Equal((Errno.ENOENT, "rename"), (Log.LastTreeResult.Errno, Log.LastTreeResult.Action));
    }

    [Fact]
    public void WhatSomebodyHasRenamedAlreadyIsPassed()
    {
        Log.Make(ChangeKind.Create, FileId.Root, "f");
        Log.Make(ChangeKind.Create, FileId.Root, "x");
        Log.Make(ChangeKind.Mkdir, FileId.Root, "y");
        ToolProcess.Shell($"cd '{_tree.Path}'; mv f g; echo -n mine > f; mv x z; mv y x; mv z y");
        Assert.Equal(Outcome.Success, Log.Rename(FileId.Root, "f", FileId.Root, "g"));
        Assert.Equal(Outcome.Success, Log.Rename(FileId.Root, "x", FileId.Root, "y", ChangeFlags.RenameExchange));
        _tree.Verify();
        Assert.Equal(["mine"], _tree.Foreign);
    }

    [Fact]
    public void G7_PlantedSymlinksLeadNowhere()
    {
        string outside = place[$"outside-{Guid.NewGuid():N}"];
        Directory.CreateDirectory(outside);
        File.WriteAllText($"{outside}/sentinel", "untouched");
        FileId directory = Log.Make(ChangeKind.Mkdir, FileId.Root, "d"), file = Log.Make(ChangeKind.Create, directory, "sentinel");
        _tree.Reopen();
        // A local user of the slave puts links where directories and files were.
        ToolProcess.Shell($"cd '{_tree.Path}'; mv d real; ln -s '{outside}' d; mv real/sentinel real/was; ln -s '{outside}/sentinel' real/sentinel");
        Log.MayBeRefused = true;
        Errno expected = place.WalksPaths ? Errno.ELOOP : Errno.None;
        Log.Write(file, 0, 7);
        Assert.Equal(expected, Log.LastTreeResult.Errno);
        Change mode = new() { Kind = ChangeKind.SetAttr, Inode = file, HasMode = true, Mode = 0x1ff };
        Log.Do(ref mode);
        Assert.Equal(expected, Log.LastTreeResult.Errno);
        Log.Make(ChangeKind.Create, directory, "new");
        Assert.Equal(place.WalksPaths ? Errno.ESTALE : Errno.None, Log.LastTreeResult.Errno);
        Log.Remove(ChangeKind.Unlink, directory, "sentinel");
        Assert.Equal(place.WalksPaths ? Errno.ESTALE : Errno.None, Log.LastTreeResult.Errno);
        Assert.Equal(["sentinel"], Directory.GetFileSystemEntries(outside).Select(Path.GetFileName));
        Assert.Equal("untouched", File.ReadAllText($"{outside}/sentinel"));
        Assert.NotEqual("777", ToolProcess.Shell($"stat -c %a '{outside}/sentinel'").Trim());
    }

    public void Dispose()
    {
        _tree.Dispose();
        GC.SuppressFinalize(this);
    }

    private void Plant(string name, string content) => File.WriteAllText($"{_tree.Path}/{name}", content);

    // As editors save: a new file is renamed over the old one.
    private void Replace(string name, string content)
    {
        Plant($"{name}~", content);
        File.Move($"{_tree.Path}/{name}~", $"{_tree.Path}/{name}", overwrite: true);
    }
}

public sealed class TmpfsDriftTests(TmpfsFixture place) : DriftTests(place), IClassFixture<TmpfsFixture>;

public sealed class Ext4DriftTests(Ext4Fixture place) : DriftTests(place), IClassFixture<Ext4Fixture>;

public sealed class XfsDriftTests(XfsFixture place) : DriftTests(place), IClassFixture<XfsFixture>;

public sealed class BtrfsDriftTests(BtrfsFixture place) : DriftTests(place), IClassFixture<BtrfsFixture>;

public sealed class PathWalkDriftTests(PathWalkFixture place) : DriftTests(place), IClassFixture<PathWalkFixture>;

[Trait("Tier", "user")]
public sealed class UserDriftTests(UserFixture place) : DriftTests(place), IClassFixture<UserFixture>;
