using System.CommandLine;
using System.Globalization;
using KafkaFs.Cli.Compare;
using KafkaFs.Hosting.Lifetime;

namespace KafkaFs.Cli.Commands;

/// <summary>`kafkafs compare A B`.</summary>
internal static class CompareCommand
{
    private const int CannotRead = 2;

    public static Command Create()
    {
        Argument<string> first = new("A") { Description = "a directory: a mount, a data root, any tree" };
        Argument<string> second = new("B") { Description = "another one" };
        Command command = new("compare", """
            Compare two trees by everything that replicas have the same; a line for each difference.
            Exit code 0: equal, 1: different, 2: a tree cannot be read.

            Example:
              kafkafs compare /mnt/projects /srv/copy
            """)
        { first, second };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(first), parsed.GetRequiredValue(second)));
        return command;
    }

    private static int Run(string first, string second)
    {
        TreeComparison comparison = new(Console.WriteLine);
        try
        {
            comparison.Run(first, second);
        }
        catch (IOException exception)
        {
            Console.Error.WriteLine($"kafkafs: {exception.Message}");
            return CannotRead;
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{comparison.Entries} entries, {comparison.Files} files, {comparison.Bytes} bytes: {(comparison.Differences == 0 ? "equal" : $"{comparison.Differences} differences")}"));
        return comparison.Differences == 0 ? ExitCode.Success : ExitCode.Different;
    }
}
