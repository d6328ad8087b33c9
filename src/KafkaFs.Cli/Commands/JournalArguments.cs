using System.CommandLine;
using System.CommandLine.Parsing;

namespace KafkaFs.Cli.Commands;

/// <summary>How commands name a journal: `--broker HOST:PORT` with a topic, or `--journal FILE`; and what they make of it.</summary>
internal sealed class JournalArguments
{
    public Option<string> Broker { get; } = new("--broker")
    {
        Description = "Kafka brokers: HOST:PORT, several separated by commas",
        HelpName = "HOST:PORT",
    };

    public Option<string> Journal { get; } = new("--journal")
    {
        Description = "instead of --broker: the file of an embedded journal (one machine, for trying)",
        HelpName = "FILE",
    };

    public Option<string[]> Property { get; } = new("--property")
    {
        Description = "a librdkafka property, for example security.protocol=SASL_SSL; may be repeated",
        HelpName = "KEY=VALUE",
    };

    /// <param name="mayBeMissing">Tells whether a command line may name no journal; null is never.</param>
    public void AddTo(Command command, Func<CommandResult, bool>? mayBeMissing = null)
    {
        command.Options.Add(Broker);
        command.Options.Add(Journal);
        command.Options.Add(Property);
        command.Validators.Add(result => Validate(result, mayBeMissing?.Invoke(result) ?? false));
    }

    /// <summary>The command line names a journal.</summary>
    public bool AreIn(CommandResult result) => result.GetValue(Broker) is not null || result.GetValue(Journal) is not null;

    /// <summary>The settings that name the journal.</summary>
    public IEnumerable<string> ToSettings(ParseResult parsed, string topic)
    {
        if (parsed.GetValue(Journal) is string file)
        {
            return ["--KafkaFs:Journal:Provider=embedded", $"--KafkaFs:Journal:Embedded:File={Path.GetFullPath(file)}"];
        }

        return
        [
            "--KafkaFs:Journal:Provider=kafka",
            $"--KafkaFs:Journal:Kafka:BootstrapServers={parsed.GetValue(Broker)}",
            $"--KafkaFs:Journal:Kafka:Topic={topic}",
            .. (parsed.GetValue(Property) ?? []).Select(property => $"--KafkaFs:Journal:Kafka:Properties:{property}"),
        ];
    }

    /// <summary>Further settings for a command that only reads: history that the topic has forgotten is no loss to it.</summary>
    public IEnumerable<string> ToReadOnlySettings(ParseResult parsed) =>
        parsed.GetValue(Journal) is null ? ["--KafkaFs:Journal:Kafka:AcceptFiniteRetention=true"] : [];

    private void Validate(CommandResult result, bool mayBeMissing)
    {
        bool broker = result.GetValue(Broker) is not null;
        bool journal = result.GetValue(Journal) is not null;
        if (broker == journal && !(mayBeMissing && !broker))
        {
            result.AddError(broker ? "--broker and --journal name two journals: give one of them" : "no journal: give --broker HOST:PORT, or --journal FILE");
        }

        foreach (string property in (result.GetValue(Property) ?? []).Where(property => !property.Contains('=', StringComparison.Ordinal)))
        {
            result.AddError($"--property {property}: KEY=VALUE is wanted");
        }
    }
}
