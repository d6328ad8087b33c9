using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.MasterHost.FileSystem;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Namespace;
using KafkaFs.TestKit;
using Xunit;

namespace KafkaFs.MasterHost.Tests.FileSystem;

public sealed class OrphanTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    // A mapping is written back when its process ends, and the kernel forgets the inode while these records are on their way.
    [Fact]
    public void ARecordAboutWhatTheKernelHasJustForgottenDoesNothing()
    {
        File.WriteAllText(_folder["file"], "");
        FileCalls.Open(null, System.Text.Encoding.UTF8.GetBytes(_folder["file"]), OpenFlags.ReadWrite, 0, out SafeFd content);
        Orphan orphan = new(new InodeAttributes { Type = InodeType.RegularFile }, content, [], [], Limits.Default) { LastName = (FileId.Root, "file"u8.ToArray()) };
        Change write = new() { Kind = ChangeKind.Write, Data = "one"u8 };
        Assert.Equal(Errno.None, orphan.Apply(write, 1));
        orphan.Dispose();
        Assert.Equal(Errno.None, orphan.Apply(write with { Offset = 3 }, 2));
        Assert.Equal("one", File.ReadAllText(_folder["file"]));
    }

    [Fact]
    public void AWriteDropsCapabilities()
    {
        File.WriteAllText(_folder["file"], "");
        FileCalls.Open(null, System.Text.Encoding.UTF8.GetBytes(_folder["file"]), OpenFlags.ReadWrite, 0, out SafeFd content);
        using Orphan orphan = new(
            new InodeAttributes { Type = InodeType.RegularFile }, content, [], [("security.capability"u8.ToArray(), [1]), ("user.a"u8.ToArray(), [1])], Limits.Default)
        {
            LastName = (FileId.Root, "file"u8.ToArray()),
        };
        Assert.Equal(Errno.None, orphan.Apply(new Change { Kind = ChangeKind.Write, Data = "one"u8 }, 1));
        Assert.Null(orphan.GetXattr("security.capability"u8));
        Assert.NotNull(orphan.GetXattr("user.a"u8));
    }

    public void Dispose() => _folder.Dispose();
}
