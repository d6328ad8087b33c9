using KafkaFs.Hosting;
using KafkaFs.Hosting.Configuration;

namespace KafkaFs.MasterHost;

/// <summary>The master as a program.</summary>
public static class MasterProgram
{
    /// <summary>Runs a master until SIGTERM or SIGINT; <paramref name="arguments"/> are settings (`--KafkaFs:DataRoot=...`). Returns the exit code.</summary>
    public static Task<int> RunAsync(string[] arguments) => KafkaFsHost.RunAsync<MasterWorker>(HostRole.Master, arguments);
}
