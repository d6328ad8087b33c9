using System.CommandLine;
using KafkaFs.Cli.Compare;
using KafkaFs.Hosting.Lifetime;
using KafkaFs.Posix.Files;

namespace KafkaFs.Cli.Commands;

/// <summary>`kafkafs compare A B`.</summary>
internal static class CompareCommand
{
    private const int CannotRead = 2;

    public static Command Create()
    {
        Argument<string> first = new Argument<string>("A") { Description = "a directory: a mount, a data root, any tree" }.RefusingOptions();
        Argument<string> second = new Argument<string>("B") { Description = "another one" }.RefusingOptions();
        Command command = new("compare", """
            Compare two trees by everything that replicas have the same; a line for each difference.
            Exit code 0: equal, 1: different, 2: something cannot be read.
            A data root of Ownership=namespace has owners, devices and privileged xattrs elsewhere: the last line says what was skipped.

            Example:
              kafkafs compare /mnt/projects /srv/copy
            """)
        { first, second };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(first), parsed.GetRequiredValue(second)));
        return command;
    }

    private static int Run(string first, string second)
    {
        ProcessCalls.RaiseDescriptorLimit();
        try
        {
            using TreeComparison comparison = new(first, second, Console.Out.WriteLine);
            comparison.Run();
            Console.Out.WriteLine(comparison.Summary);
            return comparison.Unreadable > 0 ? CannotRead : comparison.Differences == 0 ? ExitCode.Success : ExitCode.Different;
        }
        catch (IOException exception)
        {
            Console.Error.WriteLine($"kafkafs: {exception.Message}");
            return CannotRead;
        }
    }
}
