using KafkaFs.Fuse.Mount;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Processes;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace KafkaFs.Fuse.Tests.Mount;

/// <summary>Those that work on the folder that every mount of this machine uses: no other test of this program mounts meanwhile.</summary>
[CollectionDefinition(nameof(MountOwnersTests), DisableParallelization = true)]
public sealed class MountOwnersCollection;

/// <summary>The file of who serves which mount says what root takes away: it is root's alone.</summary>
[Trait("Tier", "mount")]
[Collection(nameof(MountOwnersTests))]
public sealed class MountOwnersTests : IDisposable
{
    private const string Folder = "/run/kafkafs";

    private readonly TemporaryFolder _folder = new("/var/tmp");

    [Fact]
    public void G8_AFolderThatOthersCanWriteIsClosedAndALinkInItIsNotFollowed()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        ToolProcess.Shell($"umask 0; mkdir -p {Folder}; chmod 777 {Folder}; rm -f {Folder}/mounts; echo theirs > {_folder["victim"]}; ln -sfT {_folder["victim"]} {Folder}/mounts");
        using (FuseMount mount = FuseMount.Mount(new FuseMountOptions { Mountpoint = Directory.CreateDirectory(_folder["mnt"]).FullName }, new HeldCalls(), NullLogger.Instance))
        {
            Assert.Equal("directory 700 0\nregular file 600 0\n", ToolProcess.Shell($"stat -c '%F %a %u' {Folder} {Folder}/mounts"));
            Assert.Contains(Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(mount.Path)), ToolProcess.Shell($"cat {Folder}/mounts"), StringComparison.Ordinal);
            mount.Unmount(TimeSpan.Zero);
        }

        Assert.Equal("theirs\n", File.ReadAllText(_folder["victim"]));
    }

    public void Dispose() => _folder.Dispose();
}
