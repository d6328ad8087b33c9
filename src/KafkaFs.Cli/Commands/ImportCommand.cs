using System.CommandLine;
using System.CommandLine.Parsing;
using KafkaFs.Hosting.Lifetime;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Rejoin;
using Microsoft.Extensions.Logging.Abstractions;

namespace KafkaFs.Cli.Commands;

/// <summary>`kafkafs import`: a directory with files in it becomes a replica, and its journal has them.</summary>
internal static class ImportCommand
{
    public static Command Create()
    {
        JournalArguments journal = new();
        Argument<string[]> places = new Argument<string[]>("DATA-ROOT TOPIC")
        {
            Description = "a directory with files in it, and a new topic (with --broker)",
            Arity = ArgumentArity.OneOrMore,
        }.RefusingOptions();
        Command command = new("import", """
            Make a directory that holds files a replica, whose new journal has all of them. The files stay where they are and are only read;
            nothing may work in the directory meanwhile. Interrupted in any way, the same command goes on. Start a master on it afterwards.

            Examples:
              kafkafs import --broker localhost:9092 /srv/projects projects
              kafkafs import --journal /var/tmp/j.db /srv/projects
            """)
        { places };
        journal.AddTo(command);
        command.Validators.Add(result => Validate(result, journal, places));
        command.SetAction(async parsed =>
        {
            string[] given = parsed.GetRequiredValue(places);
            string[] settings = [.. journal.ToSettings(parsed, given[^1])];
            return await CommandRun.ToEndAsync(async stop =>
            {
                ProcessCalls.RaiseDescriptorLimit();
                using CommandReporting reporting = new("import", given[0]);
                await Adoption.ImportAsync(
                    given[0], RejoinCommand.Provider(settings, given[0]), RejoinCommand.Say, reporting.Progress, NullLogger.Instance, TimeProvider.System, stop).ConfigureAwait(false);
                return ExitCode.Success;
            }).ConfigureAwait(false);
        });
        return command;
    }

    private static void Validate(CommandResult result, JournalArguments journal, Argument<string[]> places)
    {
        bool isKafka = result.GetValue(journal.Broker) is not null;
        int given = result.GetValue(places)?.Length ?? 0;
        if (given != (isKafka ? 2 : 1))
        {
            result.AddError($"import: {(isKafka ? "DATA-ROOT TOPIC is wanted with --broker" : "DATA-ROOT is wanted with --journal")}, {given} given");
        }
    }
}
