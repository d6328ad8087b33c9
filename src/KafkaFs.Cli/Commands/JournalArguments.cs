using System.CommandLine;
using System.CommandLine.Parsing;
using KafkaFs.Cli.Demo;
using KafkaFs.Hosting.Configuration;
using KafkaFs.Journal.Contract;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

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

    public Option<string> KafkaConfig { get; } = new("--kafka-config")
    {
        Description = "a file of librdkafka properties, KEY=VALUE a line: the place for passwords",
        HelpName = "FILE",
    };

    /// <summary>For <see cref="OpenReadOnlyAsync"/>; each command says itself which of them it takes.</summary>
    public AcceptanceArguments Accepted { get; } = new();

    /// <summary>
    /// Adds the options to a command that works with a journal always, or if <paramref name="isNeeded"/> says so; else it takes one only if
    /// <paramref name="mayBeGiven"/>.
    /// </summary>
    public void AddTo(Command command, Func<CommandResult, bool>? isNeeded = null, bool mayBeGiven = false)
    {
        command.Options.Add(Broker);
        command.Options.Add(Journal);
        command.Options.Add(Property);
        command.Options.Add(KafkaConfig);
        command.Validators.Add(result => Validate(result, isNeeded?.Invoke(result) ?? true, mayBeGiven));
    }

    /// <summary>For a command whose only place is the topic: it is given with Kafka, and only then.</summary>
    public void ExpectTopic(Command command, Argument<string?> topic) => command.Validators.Add(result =>
    {
        if (result.GetValue(Broker) is not null && result.GetValue(topic) is null)
        {
            result.AddError($"{command.Name}: TOPIC is wanted with --broker");
        }

        if (result.GetValue(Journal) is not null && result.GetValue(topic) is not null)
        {
            result.AddError($"{command.Name}: TOPIC is for --broker; --journal names the whole journal");
        }
    });

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
            .. parsed.GetValue(KafkaConfig) is string config ? [$"--KafkaFs:Journal:Kafka:ConfigFile={Path.GetFullPath(config)}"] : Array.Empty<string>(),
            .. (parsed.GetValue(Property) ?? []).Select(property => $"--KafkaFs:Journal:Kafka:Properties:{property}"),
        ];
    }

    /// <summary>Further settings for a command that only reads: history that the topic has forgotten is no loss to it.</summary>
    public IEnumerable<string> ToReadOnlySettings(ParseResult parsed) =>
        parsed.GetValue(Journal) is null ? ["--KafkaFs:Journal:Kafka:AcceptFiniteRetention=true"] : [];

    /// <summary>Opens the journal, which is there, for reading. Throws what <see cref="IJournalProvider.OpenAsync"/> throws.</summary>
    public async Task<IJournal> OpenReadOnlyAsync(ParseResult parsed, string topic, CancellationToken stop)
    {
        IJournalProvider provider = JournalProviders.Create(Bind([.. ToSettings(parsed, topic), .. ToReadOnlySettings(parsed), .. Accepted.ToSettings(parsed)]), NullLoggerFactory.Instance);
        return await provider.OpenAsync(createIfMissing: false, stop).ConfigureAwait(false);
    }

    /// <summary>For the demo: Kafka as the command line names it, or null. Throws <see cref="SettingsException"/>.</summary>
    public DemoKafka? ToDemo(ParseResult parsed, string topic)
    {
        if (parsed.GetValue(Broker) is not string broker)
        {
            return null;
        }

        string[] config = parsed.GetValue(KafkaConfig) is string file ? ["--kafka-config", Path.GetFullPath(file)] : [];
        string[] properties = [.. (parsed.GetValue(Property) ?? []).SelectMany(property => (string[])["--property", property])];
        return new DemoKafka(Bind(ToSettings(parsed, topic)).Kafka!, ["--broker", broker, .. config, .. properties]);
    }

    // Who only reads has no data root, and the journal may lie anywhere.
    private static HostSettings Bind(IEnumerable<string> settings)
    {
        IConfiguration configuration = new ConfigurationBuilder().AddCommandLine([.. settings, "--KafkaFs:DataRoot=/dev/null"]).Build();
        return HostSettingsBinder.Bind(configuration, HostRole.Slave);
    }

    private void Validate(CommandResult result, bool isNeeded, bool mayBeGiven)
    {
        bool broker = result.GetValue(Broker) is not null;
        bool journal = result.GetValue(Journal) is not null;
        if (!isNeeded && !mayBeGiven && (broker || journal))
        {
            result.AddError("--broker and --journal are for what comes from the journal");
        }
        else if (broker == journal && (isNeeded || broker))
        {
            result.AddError(broker ? "--broker and --journal name two journals: give one of them" : "no journal: give --broker HOST:PORT, or --journal FILE");
        }

        CheckProperties(result);
    }

    /// <summary>Each `--property` is KEY=VALUE, and none is a secret.</summary>
    public void CheckProperties(CommandResult result)
    {
        foreach (string property in result.GetValue(Property) ?? [])
        {
            if (!property.Contains('=', StringComparison.Ordinal))
            {
                result.AddError($"--property {property}: KEY=VALUE is wanted");
            }
            else if (KafkaSettings.ShowsSecret(property))
            {
                result.AddError($"--property {property.Split('=')[0]}: {KafkaSettings.NotOnTheCommandLine}");
            }
        }
    }
}
