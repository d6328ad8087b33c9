using KafkaFs.Fuse.Mount;
using KafkaFs.Hosting;
using KafkaFs.Hosting.Configuration;
using KafkaFs.Hosting.Lifetime;

namespace KafkaFs.MasterHost;

/// <summary>The master as a program.</summary>
public static class MasterProgram
{
    /// <summary>Runs a master until SIGTERM or SIGINT; <paramref name="arguments"/> are settings (`--KafkaFs:DataRoot=...`). Returns the exit code.</summary>
    /// <param name="isService">Else a command of people, which has no settings files.</param>
    public static Task<int> RunAsync(string[] arguments, bool isService) => KafkaFsHost.RunAsync<MasterWorker>(HostRole.Master, arguments, isService);

    /// <summary>The process is not for people: <paramref name="code"/> is what it ends with.</summary>
    public static bool TryRunCompanion(string[] arguments, out int code)
    {
        bool isOne = arguments is [MountCompanion.Command, ..];
        code = isOne ? MountCompanion.Run(arguments[1..]) : ExitCode.Success;
        return isOne;
    }

    /// <summary>
    /// `cleanup [MOUNTPOINT]`, for ExecStopPost=: frees a path, or that of this service, from the mount of a dead master and says so. The exit code is
    /// 0 if nothing is mounted there in the end, 72 if something is that lives or is not ours.
    /// </summary>
    public static int Cleanup(string[] places)
    {
        string? mountpoint = places switch { [] => OwnMountpoint(), [string place] => place, _ => null };
        if (string.IsNullOrEmpty(mountpoint))
        {
            Console.Error.WriteLine("kafkafs: cleanup MOUNTPOINT is wanted");
            return ExitCode.Usage;
        }

        bool free = MountCleanup.Run(mountpoint, out string words);
        Console.Error.WriteLine($"kafkafs: {words}");
        return free ? ExitCode.Success : ExitCode.MountpointUnusable;
    }

    // What its settings say, which may be another place than its name; its name if they cannot be read any more.
    private static string? OwnMountpoint()
    {
        HostInstance instance = HostInstance.OfThisProcess(HostRole.Master);
        try
        {
            return HostConfiguration.Load(instance, [])[SettingKeys.Mountpoint.FullName];
        }
        catch (SettingsException)
        {
            return instance.Places.GetValueOrDefault(SettingKeys.Mountpoint.FullName);
        }
    }
}
