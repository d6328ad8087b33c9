using KafkaFs.Hosting;
using KafkaFs.Hosting.Configuration;

namespace KafkaFs.SlaveHost;

/// <summary>The slave as a program.</summary>
public static class SlaveProgram
{
    /// <summary>Runs a slave until SIGTERM or SIGINT; <paramref name="arguments"/> are settings (`--KafkaFs:DataRoot=...`). Returns the exit code.</summary>
    /// <param name="isService">Else a command of people, which has no settings files.</param>
    public static Task<int> RunAsync(string[] arguments, bool isService) => KafkaFsHost.RunAsync<SlaveWorker>(HostRole.Slave, arguments, isService);
}
