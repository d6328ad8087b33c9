using System.CommandLine;
using KafkaFs.Fuse.Mount;
using KafkaFs.Hosting.Lifetime;

namespace KafkaFs.Cli.Commands;

/// <summary>`kafkafs cleanup MOUNTPOINT`: takes away the mount that a dead master left.</summary>
internal static class CleanupCommand
{
    private const string OurType = "fuse.kafkafs";

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
        command.SetAction(parsed => Run(Path.TrimEndingDirectorySeparator(Path.GetFullPath(parsed.GetRequiredValue(mountpoint)))));
        return command;
    }

    private static int Run(string path)
    {
        bool cleaned = false;
        // One lies over the other where masters died repeatedly.
        while (MountTable.Find(path) is MountEntry mounted)
        {
            if (mounted.Type != OurType || !MountTable.IsStale(mounted))
            {
                return Refuse(path, mounted.Type == OurType ? "its master is alive: stop that" : $"it is no mount of KafkaFS (type {mounted.Type})");
            }

            int before = Count(path);
            MountTable.Clean(mounted);
            if (Count(path) == before)
            {
                return Refuse(path, "this user may not unmount it");
            }

            cleaned = true;
        }

        Console.Out.WriteLine(cleaned ? $"'{path}' was the mount of a dead master: it is unmounted" : $"nothing is mounted at '{path}'");
        return ExitCode.Success;
    }

    private static int Count(string path) => MountTable.Read().Count(entry => entry.Mountpoint == path);

    private static int Refuse(string path, string why)
    {
        Console.Error.WriteLine($"kafkafs: '{path}' is left as it is: {why}");
        return ExitCode.MountpointUnusable;
    }
}
