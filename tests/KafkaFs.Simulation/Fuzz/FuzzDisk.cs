using KafkaFs.TestKit.Files;
using KafkaFs.TestKit.Processes;

namespace KafkaFs.Simulation.Fuzz;

/// <summary>Where trees under attack lie: a filesystem of their own if it can be had, so that nothing else fills up.</summary>
internal sealed class FuzzDisk : IDisposable
{
    private readonly LoopFileSystem? _disk = Environment.IsPrivilegedProcess ? new LoopFileSystem("ext4", 4_096) : null;
    private readonly string _path;

    public FuzzDisk() => _path = _disk?.Path ?? Directory.CreateTempSubdirectory("kafkafs-test-").FullName;

    /// <summary>A new folder for a seed.</summary>
    public string Folder(int seed) => Directory.CreateDirectory(Path.Combine(_path, $"seed-{seed}")).FullName;

    /// <summary>Names there may be such as .NET cannot name.</summary>
    public static void Delete(string folder) => ToolProcess.Run("rm", ["-rf", folder]);

    public void Dispose()
    {
        _disk?.Dispose();
        if (_disk is null)
        {
            Delete(_path);
        }
    }
}
