using KafkaFs.TestKit;
using KafkaFs.TestKit.Processes;

namespace KafkaFs.System.Tests;

/// <summary>The programs that the units run.</summary>
internal static class HostProgram
{
    public static string Master => Path.Combine(Environments.Repository, "artifacts/bin/KafkaFs.MasterHost/release/kafkafs-master");

    public static string Slave => Path.Combine(Environments.Repository, "artifacts/bin/KafkaFs.SlaveHost/release/kafkafs-slave");

    /// <summary>Everything below a folder, with sizes and times: the same before and after means that nothing was changed.</summary>
    public static string Listing(string folder) => ToolProcess.Run("find", [folder, "-printf", "%p %y %m %s %T@ %C@\n"]);
}
