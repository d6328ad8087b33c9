using KafkaFs.Fuse.Mount;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Processes;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace KafkaFs.Fuse.Tests.Mount;

/// <summary>What may be mounted on, and what is cleaned from a mountpoint.</summary>
public sealed class MountpointTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("/var/tmp");

    [Fact]
    public void AMountLineIsReadWithItsEscapes()
    {
        MountEntry entry = MountTable.Parse(@"36 25 0:46 / /mnt/two\040words\134\011\012x rw,nosuid shared:1 - fuse.kafkafs topic rw");
        Assert.Equal(new MountEntry("/mnt/two words\\\t\nx", "fuse.kafkafs", 46), entry);
    }

    [Fact]
    public void OnlyAMountOfKafkaFsIsEverStale() => Assert.False(MountTable.IsStale(new MountEntry(_folder["not there"], "fuse.sshfs", 0)));

    [Fact]
    [Trait("Tier", "mount")]
    public void AMountpointIsFoundThroughALinkAndWithASpaceInItsPath()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        string path = Directory.CreateDirectory(_folder["two words"]).FullName;
        Directory.CreateSymbolicLink(_folder["link"], path);
        using FuseMount mount = FuseMount.Mount(new FuseMountOptions { Mountpoint = _folder["link"] }, new OneFile(), NullLogger.Instance);
        Assert.Equal(path, mount.Path);
        Assert.Equal(FuseProblem.Mountpoint, Assert.Throws<FuseUnavailableException>(() => Mountpoint.Prepare(_folder["link"], out _)).Problem);
        Assert.False(MountCleanup.Run(_folder["link"], out string words));
        Assert.Contains("its master lives", words, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Tier", "mount")]
    public void CleanupLeavesWhatIsNotKafkaFss()
    {
        Environments.RequireRoot();
        ToolProcess.Shell($"mount -t tmpfs theirs {_folder.Path}");
        try
        {
            Assert.False(MountCleanup.Run(_folder.Path, out string words));
            Assert.Contains("type tmpfs", words, StringComparison.Ordinal);
            Assert.NotNull(MountTable.Find(_folder.Path));
        }
        finally
        {
            ToolProcess.Shell($"umount {_folder.Path}");
        }

        Assert.True(MountCleanup.Run(_folder.Path, out _));
    }

    public void Dispose() => _folder.Dispose();
}
