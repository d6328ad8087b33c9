using System.CommandLine;
using System.CommandLine.Parsing;
using KafkaFs.Hosting.Configuration;
using KafkaFs.Hosting.Lifetime;
using KafkaFs.Journal.Contract;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Rejoin;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace KafkaFs.Cli.Commands;

/// <summary>`kafkafs rejoin`: the way back for a replica whose journal is not the one that it followed. Never automatic.</summary>
internal static class RejoinCommand
{
    public static Command Create()
    {
        JournalArguments journal = new();
        Option<bool> fromLog = new("--from-log") { Description = "build the replica anew from a journal: all that it has is set aside, nothing is deleted" };
        Option<bool> adopt = new("--adopt") { Description = "the tree seeds a new, empty journal, and follows that from then on" };
        Argument<string[]> places = new Argument<string[]>("DATA-ROOT TOPIC")
        {
            Description = "the data root of a stopped host, and the topic (with --broker)",
            Arity = ArgumentArity.OneOrMore,
        }.RefusingOptions();
        Command command = new("rejoin", """
            The way back for a replica whose journal is not the one that it followed (exit code 76), or whose tree is damaged. Its host is stopped.
            --from-log checks a journal that is named here; which one the replica then follows is said by its host's settings.

            Examples:
              kafkafs rejoin --from-log /srv/copy
              kafkafs rejoin --from-log --broker localhost:9092 /srv/copy projects
              kafkafs rejoin --adopt --broker localhost:9092 /srv/copy projects-2
            """)
        { fromLog, adopt, places };
        journal.AddTo(command, isNeeded: result => !result.GetValue(fromLog), mayBeGiven: true);
        command.Validators.Add(result => Validate(result, journal, fromLog, adopt, places));
        command.SetAction(async parsed =>
        {
            string[] given = parsed.GetRequiredValue(places);
            IEnumerable<string>? settings = journal.AreIn(parsed.CommandResult) ? journal.ToSettings(parsed, given[^1]) : null;
            return await CommandRun.ToEndAsync(stop => RunAsync(given[0], settings, parsed.GetValue(adopt), stop)).ConfigureAwait(false);
        });
        return command;
    }

    private static void Validate(CommandResult result, JournalArguments journal, Option<bool> fromLog, Option<bool> adopt, Argument<string[]> places)
    {
        if (result.GetValue(fromLog) == result.GetValue(adopt))
        {
            result.AddError("rejoin: either --from-log or --adopt is wanted");
        }

        bool isKafka = result.GetValue(journal.Broker) is not null;
        int given = result.GetValue(places)?.Length ?? 0;
        if (given != (isKafka ? 2 : 1))
        {
            result.AddError($"rejoin: {(isKafka ? "DATA-ROOT TOPIC is wanted with" : "DATA-ROOT is wanted without")} --broker, {given} given");
        }
    }

    /// <summary>The journal that the settings name, for a data root.</summary>
    public static IJournalProvider Provider(IEnumerable<string> settings, string dataRoot)
    {
        IConfiguration configuration = new ConfigurationBuilder().AddCommandLine([.. settings, $"--KafkaFs:DataRoot={dataRoot}"]).Build();
        return JournalProviders.Create(HostSettingsBinder.Bind(configuration, HostRole.Slave), NullLoggerFactory.Instance);
    }

    private static async Task<int> RunAsync(string dataRoot, IEnumerable<string>? settings, bool adopt, CancellationToken stop)
    {
        ProcessCalls.RaiseDescriptorLimit();
        IJournalProvider? provider = settings is null ? null : Provider(settings, dataRoot);
        if (adopt)
        {
            using CommandReporting reporting = new("rejoin --adopt", dataRoot);
            await Adoption.RunAsync(dataRoot, provider!, Say, reporting.Progress, NullLogger.Instance, TimeProvider.System, stop).ConfigureAwait(false);
        }
        else
        {
            await SetAsideAsync(dataRoot, provider, stop).ConfigureAwait(false);
        }

        return ExitCode.Success;
    }

    private static async Task SetAsideAsync(string dataRoot, IJournalProvider? provider, CancellationToken stop)
    {
        if (provider is not null)
        {
            using IJournal journal = await provider.OpenAsync(createIfMissing: false, stop).ConfigureAwait(false);
            JournalOrigin.Require(journal, provider.Description, stop);
        }

        string aside = RejoinFromLog.SetAside(dataRoot);
        Say($"all that '{dataRoot}' held is in '{aside}'");
        Say("the next start of its host builds it anew from the journal that the host's settings name");
        Say($"once nothing of it is wanted any more: rm -rf '{aside}'");
    }

    /// <summary>What happened, for a person.</summary>
    public static void Say(string words) => Console.Out.WriteLine($"kafkafs: {words}");
}
