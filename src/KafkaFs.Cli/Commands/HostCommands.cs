using System.CommandLine;
using KafkaFs.MasterHost;
using KafkaFs.SlaveHost;

namespace KafkaFs.Cli.Commands;

/// <summary>`kafkafs master` and `kafkafs slave`: the hosts with the usage of the original.</summary>
internal static class HostCommands
{
    private static Option<string> Http => new("--http")
    {
        Description = "serve health and metrics here, for example http://127.0.0.1:9464 (default: not)",
        HelpName = "URL",
        DefaultValueFactory = _ => "none",
    };

    private static Option<string> Ownership => new("--ownership")
    {
        Description = "full: the tree has owners and devices (root); namespace: they stay in the index; auto: by the user",
        HelpName = "auto|full|namespace",
        DefaultValueFactory = _ => "auto",
    };

    public static Command Master()
    {
        JournalArguments journal = new();
        Argument<string[]> places = Places("DATA-ROOT TOPIC MOUNTPOINT", "the data root, the topic (not with --journal), and an empty directory");
        Option<string> http = Http, ownership = Ownership;
        StallArguments stall = new();
        Option<bool> closeToOpen = new("--close-to-open") { Description = "an open sees everything that was closed on another master before; each asks the journal" };
        Command command = new("master", """
            Mount a filesystem and write its changes to the journal.

            Examples:
              kafkafs master --broker localhost:9092 /var/lib/kafkafs/m projects /mnt/projects
              kafkafs master --journal /tmp/j.db /tmp/m /mnt/try
            """)
        { places, http, ownership, closeToOpen };
        journal.AddTo(command);
        journal.Accepted.AddTo(command);
        stall.AddTo(command);
        Expect(command, places, journal, embedded: 2, kafka: 3);
        command.SetAction((parsed, _) =>
        {
            string[] given = parsed.GetRequiredValue(places);
            return MasterProgram.RunAsync(
            [
                .. journal.ToSettings(parsed, given[1]),
                .. journal.Accepted.ToSettings(parsed),
                .. stall.ToSettings(parsed),
                $"--KafkaFs:Mount:CloseToOpen={parsed.GetValue(closeToOpen)}",
                $"--KafkaFs:DataRoot={given[0]}",
                $"--KafkaFs:Mount:Mountpoint={given[^1]}",
                $"--KafkaFs:Http:Urls={parsed.GetValue(http)}",
                $"--KafkaFs:Ownership={parsed.GetValue(ownership)}",
            ], isService: false);
        });
        return command;
    }

    public static Command Slave()
    {
        JournalArguments journal = new();
        Argument<string[]> places = Places("DATA-ROOT TOPIC", "the data root, and the topic (not with --journal)");
        Option<string> http = Http, ownership = Ownership;
        Command command = new("slave", """
            Follow the journal and keep a directory the same as the mount.

            Examples:
              kafkafs slave --broker localhost:9092 /srv/copy projects
              kafkafs slave --journal /tmp/j.db /tmp/copy
            """)
        { places, http, ownership };
        journal.AddTo(command);
        journal.Accepted.AddTo(command);
        Expect(command, places, journal, embedded: 1, kafka: 2);
        command.SetAction((parsed, _) =>
        {
            string[] given = parsed.GetRequiredValue(places);
            return SlaveProgram.RunAsync(
            [
                .. journal.ToSettings(parsed, given[^1]),
                .. journal.Accepted.ToSettings(parsed),
                $"--KafkaFs:DataRoot={given[0]}",
                $"--KafkaFs:Http:Urls={parsed.GetValue(http)}",
                $"--KafkaFs:Ownership={parsed.GetValue(ownership)}",
            ], isService: false);
        });
        return command;
    }

    private static Argument<string[]> Places(string name, string description) =>
        new Argument<string[]>(name) { Description = description, Arity = ArgumentArity.OneOrMore }.RefusingOptions();

    private static void Expect(Command command, Argument<string[]> places, JournalArguments journal, int embedded, int kafka) =>
        command.Validators.Add(result =>
        {
            bool isEmbedded = result.GetValue(journal.Journal) is not null;
            int wanted = isEmbedded ? embedded : kafka;
            int given = result.GetValue(places)?.Length ?? 0;
            if (given != wanted)
            {
                string shape = isEmbedded ? places.Name.Replace("TOPIC ", "", StringComparison.Ordinal).Replace(" TOPIC", "", StringComparison.Ordinal) : places.Name;
                result.AddError($"{command.Name}: {shape} is wanted with {(isEmbedded ? "--journal" : "--broker")}, {given} given");
            }
        });
}
