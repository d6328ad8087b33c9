using System.Text;
using KafkaFs.Posix;
using KafkaFs.Replica.Tree;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Files;
using Xunit;

namespace KafkaFs.Replica.Tests.Tree;

/// <summary>What the machine refuses of a small file of KafkaFS's own has its error number and is never taken for absence.</summary>
public sealed class StateFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("/var/tmp");

    private string Own => _folder["root/.kafkafs"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void OnlyAFileThatIsNotThereIsAbsent()
    {
        using DataRoot root = DataRoot.Open(_folder["root"]);
        Assert.Null(root.ReadStateFile("clean"));
        File.CreateSymbolicLink($"{Own}/clean", "clean");
        Directory.CreateDirectory($"{Own}/target");
        Assert.Equal(Errno.ELOOP, Assert.Throws<DataRootException>(() => root.ReadStateFile("clean")).Refusal);
        Assert.Equal(Errno.EISDIR, Assert.Throws<DataRootException>(() => root.ReadStateFile("target")).Refusal);
        DataRootException refused = Assert.Throws<DataRootException>(() => root.WriteStateFile("target", "1"u8));
        Assert.Equal((Errno.EISDIR, false), (refused.Refusal, refused.IsSpace));
        Assert.Contains("write .kafkafs/target", refused.Message, StringComparison.Ordinal);
        Assert.False(File.Exists($"{Own}/target.new"));
        Assert.Equal(Errno.EISDIR, Assert.Throws<DataRootException>(() => root.RemoveStateFile("target")).Refusal);
    }

    [Fact]
    public void StateFilesAreThoseOfTheOpenDataRootAlsoWhenItWasRenamed()
    {
        using DataRoot root = DataRoot.Open(_folder["root"]);
        root.WriteStateFile("target", "a longer content"u8);
        Directory.Move(_folder["root"], _folder["renamed"]);
        Directory.CreateDirectory(Own);
        root.WriteStateFile("target", "7"u8);
        Assert.Equal("7"u8.ToArray(), root.ReadStateFile("target"));
        Assert.Equal("7", File.ReadAllText(_folder["renamed/.kafkafs/target"]));
        root.RemoveStateFile("target");
        Assert.Null(root.ReadStateFile("target"));
        root.RemoveStateFile("target");
        Assert.Empty(Directory.GetFileSystemEntries(Own));
    }

    [Fact]
    public void AFullDiskIsToldAndLeavesTheFormerFile()
    {
        using LoopFileSystem disk = new("tmpfs", 2);
        using DataRoot root = DataRoot.Open(disk["root"]);
        root.WriteStateFile("target", "5"u8);
        using (FileStream filler = File.Create(disk["filler"]))
        {
            filler.Write(new byte[new DriveInfo(disk.Path).AvailableFreeSpace - 4_096]);
        }

        byte[] content = new byte[8_192];
        DataRootException refused = Assert.Throws<DataRootException>(() => root.WriteStateFile("target", content));
        Assert.Equal((DataRootProblem.Unusable, Errno.ENOSPC, true), (refused.Problem, refused.Refusal, refused.IsSpace));
        Assert.Equal("5"u8.ToArray(), root.ReadStateFile("target"));
        File.Delete(disk["filler"]);
        root.WriteStateFile("target", content);
        Assert.Equal(content, root.ReadStateFile("target"));
    }

    [Fact]
    public void ADirectoryOfKafkaFsThatCannotBeMadeSaysWhy()
    {
        using DataRoot root = DataRoot.Open(_folder["root"]);
        File.WriteAllText($"{Own}/limbo", "");
        Assert.Equal(Errno.ENOTDIR, Assert.Throws<DataRootException>(() => root.Place.OpenOwnDirectory(Encoding.UTF8.GetBytes("limbo")).Dispose()).Refusal);
    }

    [Fact]
    public void ADataRootThatCannotBeLookedAtIsNotTakenForAStranger()
    {
        Directory.CreateDirectory(_folder["root"]);
        File.WriteAllText(_folder["root/f"], "");
        File.CreateSymbolicLink(Own, ".kafkafs");
        DataRootException refused = Assert.Throws<DataRootException>(() => DataRoot.Inspect(_folder["root"]));
        Assert.Equal((DataRootProblem.Unusable, Errno.ELOOP), (refused.Problem, refused.Refusal));
    }
}
