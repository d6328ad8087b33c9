using KafkaFs.TestKit.Processes;

namespace KafkaFs.TestKit.Files;

/// <summary>A real filesystem of a kind, in a file of a temporary folder (tmpfs: in memory), mounted until it is disposed. Needs root.</summary>
public sealed class LoopFileSystem : IDisposable
{
    private readonly TemporaryFolder _folder = new("/var/tmp");

    /// <param name="options">Of mkfs.</param>
    public LoopFileSystem(string kind, int mebibytes = 512, params IEnumerable<string> options)
    {
        Environments.RequireRoot();
        Kind = kind;
        Directory.CreateDirectory(Path);
        if (kind == "tmpfs")
        {
            ToolProcess.Run("mount", ["-t", "tmpfs", "-o", $"size={mebibytes}m", "kafkafs-test", Path]);
            return;
        }

        Environments.Require(File.Exists($"/usr/sbin/mkfs.{kind}") || File.Exists($"/sbin/mkfs.{kind}"), $"there is no mkfs.{kind} (deploy/install-test-tools)");
        ToolProcess.Run("truncate", ["-s", $"{mebibytes}M", Image]);
        ToolProcess.Run($"mkfs.{kind}", ["-q", .. options, Image]);
        ToolProcess.Run("mount", ["-o", "loop", Image, Path]);
    }

    public string Kind { get; }

    /// <summary>Where it is mounted.</summary>
    public string Path => _folder["mnt"];

    /// <summary>The file that it lies in.</summary>
    public string Image => _folder["image"];

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        ToolProcess.Shell($"umount '{Path}' || umount -l '{Path}'");
        _folder.Dispose();
    }
}
