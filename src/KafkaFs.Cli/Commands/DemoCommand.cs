using System.CommandLine;
using System.CommandLine.Parsing;
using KafkaFs.Cli.Demo;
using KafkaFs.Hosting.Configuration;
using KafkaFs.Hosting.Lifetime;

namespace KafkaFs.Cli.Commands;

/// <summary>`kafkafs demo`.</summary>
internal static class DemoCommand
{
    public static Command Create()
    {
        JournalArguments journal = new();
        journal.Broker.Description = "use Kafka instead of the embedded journal, with a topic that is deleted at the end";
        Option<bool> once = new("--once") { Description = "end after the table" };
        Argument<string?> folder = new Argument<string?>("FOLDER")
        {
            Description = "the tree to copy in (default: one that every machine has)",
            Arity = ArgumentArity.ZeroOrOne,
        }.RefusingOptions();
        folder.Validators.Add(RequireFiles);
        Command command = new("demo", """
            Start a master and a slave in a temporary folder, work on the mount, and compare. Exit code 0 only if they are equal.

            Examples:
              kafkafs demo
              kafkafs demo --once --broker localhost:9092 ~/projects
            """)
        { folder, journal.Broker, journal.Property, journal.KafkaConfig, once };
        command.Validators.Add(journal.CheckProperties);
        command.SetAction(async parsed =>
        {
            using StopSignals signals = new();
            return await RunAsync(() => journal.ToDemo(parsed, $"kafkafs-demo-{Guid.NewGuid():N}"), parsed.GetValue(folder), parsed.GetValue(once), signals.Token).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> RunAsync(Func<DemoKafka?> kafka, string? folder, bool once, CancellationToken stop)
    {
        try
        {
            return await new DemoRun(kafka(), folder, once).RunAsync(stop).ConfigureAwait(false);
        }
        catch (SettingsException exception)
        {
            await Console.Error.WriteLineAsync($"kafkafs: {exception.Message}").ConfigureAwait(false);
            return ExitCode.Configuration;
        }
    }

    private static void RequireFiles(ArgumentResult result)
    {
        if (result.Tokens is [{ Value: string folder }] && !folder.StartsWith('-'))
        {
            if (!Directory.Exists(folder))
            {
                result.AddError($"FOLDER '{folder}' is no directory");
            }
            else if (!new SourceTree(folder).Entries().Any(entry => entry.IsFile))
            {
                result.AddError($"FOLDER '{folder}' has no file that could be copied");
            }
        }
    }
}
