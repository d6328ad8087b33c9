using KafkaFs.Fuse.Mount;
using KafkaFs.Hosting;
using KafkaFs.Hosting.Configuration;
using KafkaFs.Hosting.Lifetime;

namespace KafkaFs.MasterHost;

/// <summary>The master as a program.</summary>
public static class MasterProgram
{
    /// <summary>Runs a master until SIGTERM or SIGINT; <paramref name="arguments"/> are settings (`--KafkaFs:DataRoot=...`). Returns the exit code.</summary>
    public static Task<int> RunAsync(string[] arguments) => KafkaFsHost.RunAsync<MasterWorker>(HostRole.Master, arguments);

    /// <summary>The process is not for people: <paramref name="code"/> is what it ends with.</summary>
    public static bool TryRunCompanion(string[] arguments, out int code)
    {
        bool isOne = arguments is [MountCompanion.Command, ..];
        code = isOne ? MountCompanion.Run(arguments[1..]) : ExitCode.Success;
        return isOne;
    }

    /// <summary>
    /// `cleanup MOUNTPOINT`, for ExecStopPost=: frees a path from the mount of a dead master and says so. The exit code is 0 if nothing
    /// is mounted there in the end, 72 if something is that lives or is not ours.
    /// </summary>
    public static int Cleanup(string[] places)
    {
        if (places is not [{ Length: > 0 } mountpoint])
        {
            Console.Error.WriteLine("kafkafs: cleanup MOUNTPOINT is wanted");
            return ExitCode.Usage;
        }

        bool free = MountCleanup.Run(mountpoint, out string words);
        Console.Error.WriteLine($"kafkafs: {words}");
        return free ? ExitCode.Success : ExitCode.MountpointUnusable;
    }
}
