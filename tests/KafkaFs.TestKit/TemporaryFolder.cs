using KafkaFs.TestKit.Processes;

namespace KafkaFs.TestKit;

/// <summary>A folder of a test's own, deleted at its end.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder(string? parent = null) =>
        Path = Directory.CreateDirectory(System.IO.Path.Combine(parent ?? System.IO.Path.GetTempPath(), $"kafkafs-test-{Guid.NewGuid():N}")).FullName;

    public string Path { get; }

    /// <summary>A path in the folder.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    // Not by .NET, which has no way to say a name that is not UTF-8.
    public void Dispose() => ToolProcess.Run("rm", ["-rf", "--one-file-system", Path]);
}
