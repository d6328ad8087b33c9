using System.CommandLine;
using KafkaFs.Fuse.Mount;
using KafkaFs.Hosting.Lifetime;

namespace KafkaFs.Cli.Commands;

/// <summary>`kafkafs cleanup MOUNTPOINT`: takes away the mount that a dead master left.</summary>
internal static class CleanupCommand
{
    public static Command Create()
    {
        Argument<string> mountpoint = new Argument<string>("MOUNTPOINT") { Description = "where the dead master was mounted" }.RefusingOptions();
        Command command = new("cleanup", """
            Take away the mount of a dead master: what still waits on it goes on with an error. A mount that is served is left alone.
            Exit code 0: nothing is mounted there (any more), 72: something that is not a dead master's.

            Example:
              kafkafs cleanup /mnt/projects
            """)
        { mountpoint };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(mountpoint)));
        return command;
    }

    private static int Run(string path)
    {
        bool isFree = MountCleanup.Run(path, out string words);
        (isFree ? Console.Out : Console.Error).WriteLine($"kafkafs: {words}");
        return isFree ? ExitCode.Success : ExitCode.MountpointUnusable;
    }
}
